import type { SinkDef } from '../../plan/pipeline.ts';
import { DYNAMODB } from '../../sinks/dynamodb/options.ts';
import { argument, defineCommand, text, unless } from '../command.ts';
import { CliError } from '../errors.ts';
import type { CliIo } from '../io.ts';
import { bindOrFail, failWith } from '../pipeline-folder.ts';
import {
  AWS_VARIABLES,
  checkFlags,
  PRODUCTION_FLAGS,
  READ_TOKEN_VARIABLE,
  runInProduction,
} from '../run-pipeline.ts';
import type { ProductionOptions } from '../run-pipeline.ts';
import { TOPIC_FLAGS, viewTopics } from '../view-topics.ts';
import type { Values } from '../command.ts';

const { dryRun, json, ...others } = PRODUCTION_FLAGS;
const FLAGS = {
  ...TOPIC_FLAGS,
  clear: unless(
    'leave items that no row stands for, for as long as the topics do not hold every row yet; a later start without ' +
      'it deletes them',
  ),
  dryRun,
  json,
  state: text('<folder>', 'state folder (default: .freshet/<pipeline>.sink)'),
  ...others,
};
type SinkFlags = Values<typeof FLAGS>;

export const sinkCommand = defineCommand({
  name: 'sink',
  summary: 'write DynamoDB items from Kafka topics that RisingWave, Flink or Debezium fill with the views',
  description:
    'Runs the DynamoDB sinks of a pipeline alone, behind Kafka: another program computes the views and writes their ' +
    'changes to one upsert topic per sink, and this process writes the same items that `freshet run` would. It binds ' +
    'the same SQL to know the columns, types and keys, and keeps one row per live key of each topic. Delivery is as ' +
    'in `freshet run`: coalesced, retried, idempotent, with versions, dead letters and checkpoints in the state ' +
    'folder; the HTTP API serves the profiles.',
  examples: [
    [
      'sink pipelines/viewer-engagement --state /var/lib/freshet-sink',
      'topics named after the sinks, written by RisingWave, at the brokers that the SQL names',
    ],
    [
      'sink pipelines/viewer-engagement --writer flink --brokers kafka:9092 --topic-prefix profiles.',
      'the topics profiles.viewer_watch_sink and so on, written by Flink',
    ],
    ['sink pipelines/viewer-engagement --dry-run', 'count the items it would write and delete'],
  ],
  notes:
    'Environment:\n' +
    '  NAME                                replaces ${NAME} in the SQL and in --kafka-option\n' +
    AWS_VARIABLES +
    READ_TOKEN_VARIABLE.trimEnd(),
  args: {
    dir: argument('folder of .sql files'),
  },
  flags: FLAGS,
  run: (io, { dir }, flags) => runSink(io, dir, flags),
});

async function runSink(io: CliIo, dir: string, flags: SinkFlags): Promise<number> {
  checkFlags(flags);
  const bound = await bindOrFail(io, dir);
  const described = bound.pipeline;
  const sinks = described.sinks.filter(({ connector }) => connector === DYNAMODB.name);
  if (sinks.length === 0)
    throw new CliError(`${dir} has no DynamoDB sink`, {
      hint: "add CREATE SINK ... WITH (connector = 'dynamodb', ...); freshet run serves the other sinks",
    });
  const topics = viewTopics(io, flags, described, sinks);
  const [{ behindTopics }, { checkPipeline }, { bucketLayout }] = await Promise.all([
    import('../../pipeline/behind-topics.ts'),
    import('../../pipeline/check.ts'),
    import('../../pipeline/day-buckets.ts'),
  ]);
  for (const sink of sinks) {
    const layout = bucketLayout(
      sink,
      described.views.find(({ name }) => name === sink.from)!,
    );
    if (layout === undefined) continue;
    throw new CliError(`sink "${sink.name}" has layout '${layout}', which freshet sink cannot write`, {
      hint:
        `its topic holds finished windows, and '${layout}' keeps the days that they are made of: let freshet run ` +
        "write it, or set freshet.layout = 'domain'",
    });
  }
  const derived = behindTopics(described, sinks, topics);
  const checked = checkPipeline({ ...bound, pipeline: derived, runnable: derived, diagnostics: [] });
  const pipeline =
    checked.pipeline ?? (await failWith(io, dir, { ...bound, diagnostics: checked.diagnostics }));
  const options: ProductionOptions = {
    pipeline,
    described,
    dir,
    state: flags.state ?? `.freshet/${pipeline.name}.sink`,
    // An empty topic is one that nobody has filled yet: its items are those of the program that wrote them before.
    mayClear: (rows) => flags.clear && rows > 0,
    announce: (log) => {
      for (const { name, connector } of leftOut(described.sinks, sinks))
        log.warn({ sink: name, connector }, 'the sink is left out: freshet sink writes to DynamoDB only');
      for (const sink of sinks)
        log.info({ sink: sink.name, topic: topics.topicOf(sink.name) }, 'topic of a sink');
    },
  };
  return runInProduction(io, options, flags);
}

function leftOut(all: readonly SinkDef[], sinks: readonly SinkDef[]): readonly SinkDef[] {
  return all.filter((sink) => !sinks.includes(sink));
}
