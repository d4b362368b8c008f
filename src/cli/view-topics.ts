import { faultOf, givenOption } from '../connectors/settings.ts';
import type { OptionSpec } from '../connectors/option.ts';
import type { Option, Options, Pipeline, SinkDef, SourceDef } from '../plan/pipeline.ts';
import type { ViewTopics } from '../pipeline/behind-topics.ts';
import { KAFKA } from '../sources/kafka/options.ts';
import { JSON_ENCODING } from '../sources/json/options.ts';
import { didYouMean } from '../sql/did-you-mean.ts';
import { choice, choiceOf, parsed, text, type Values } from './command.ts';
import { parsePairs } from './args.ts';
import { usageError } from './errors.ts';
import type { CliIo } from './io.ts';
import { named } from './named.ts';

/** Options that say where the changes of views are, and who writes them. */
export const TOPIC_FLAGS = {
  writer: choice(
    '<program>',
    'the program that writes the topics; debezium: the records are Debezium envelopes',
    ['risingwave', 'flink', 'debezium'],
    'risingwave',
  ),
  brokers: text('<host:port,...>', "Kafka brokers (default: those of the pipeline's Kafka sources)"),
  like: text(
    '<source>',
    'the Kafka source of the pipeline whose brokers and security the topics share (default: the only ones)',
  ),
  topicPrefix: text('<prefix>', 'put in front of the name of each sink, which is the name of its topic'),
  topic: parsed(
    '<sink=topic>',
    'the topic of one sink; may be repeated',
    parsePairs('viewer_watch_sink=watch'),
  ),
  kafkaOption: parsed(
    '<name=value>',
    'a WITH option of the Kafka connector, such as properties.security.protocol=sasl_ssl; ${NAME} in the value is ' +
      'replaced from the environment; may be repeated',
    parsePairs("properties.sasl.password='${KAFKA_PASSWORD}'"),
  ),
  key: choice(
    '<encoding>',
    'how keys are written: a JSON object, or the text of the only column',
    ['json', 'text'],
    'json',
  ),
  jsonb: choiceOf(
    '<mode>',
    'how JSONB is written: text that holds JSON, or JSON (default: string; with flink dynamic)',
    ['string', 'dynamic'],
  ),
  timestamptz: choiceOf(
    '<mode>',
    'how TIMESTAMPTZ is written; the default reads text, and numbers by their size',
    ['utc_string', 'utc_without_suffix', 'micro', 'milli'],
  ),
};
type TopicFlags = Values<typeof TOPIC_FLAGS>;

/** Returns the topics of sinks as the command line names them. Throws a usage error if a name or a value is wrong. */
export function viewTopics(
  { env }: Pick<CliIo, 'env'>,
  flags: TopicFlags,
  pipeline: Pipeline,
  sinks: readonly SinkDef[],
): ViewTopics {
  for (const sink of flags.topic?.keys() ?? []) named('sink', sink, sinks);
  if (flags.key === 'text') checkTextKeys(sinks);
  const isDebezium = flags.writer === 'debezium';
  if (isDebezium && flags.key === 'text')
    throw usageError(
      '--key text does not go with --writer debezium',
      'an envelope holds the key columns: leave it out',
    );
  const encode: (readonly [string, string | undefined])[] = [
    [JSON_ENCODING.options.writer.name, flags.writer],
    [JSON_ENCODING.options.jsonb.name, flags.jsonb],
    [JSON_ENCODING.options.timestamptzHandling.name, flags.timestamptz],
  ];
  return {
    connection: connectionOf(env, flags, pipeline),
    format: isDebezium ? 'debezium' : 'upsert',
    encodeOptions: new Map(
      encode.flatMap(([name, value]) => (value === undefined ? [] : [[name, option(value)]])),
    ),
    keyEncode: isDebezium ? undefined : flags.key,
    topicOf: (sink) => flags.topic?.get(sink) ?? `${flags.topicPrefix ?? ''}${sink}`,
  };
}

function checkTextKeys(sinks: readonly SinkDef[]): void {
  const wide = sinks.find(({ primaryKey }) => primaryKey.length > 1);
  if (wide === undefined) return;
  throw usageError(
    `--key text is the text of one column, and the key of sink ${wide.name} has ${wide.primaryKey.length}`,
    'leave --key out: the keys are then JSON objects of the key columns',
  );
}

const NOWHERE = { file: '', start: 0, end: 0 };

function option(value: string): Option {
  return { value, span: NOWHERE, keySpan: NOWHERE };
}

/** Options of a source that belong to its own topic. */
const OF_TOPIC: readonly OptionSpec[] = [
  KAFKA.options.topic,
  KAFKA.options.startupMode,
  KAFKA.options.startupTimestamp_ms,
];

function connectionOf(env: CliIo['env'], flags: TopicFlags, pipeline: Pipeline): Options {
  const connection = new Map(sharedConnection(flags, pipeline));
  const set = (spec: OptionSpec, value: string): void => {
    for (const name of [spec.name, ...(spec.aliases ?? [])]) connection.delete(name);
    connection.set(spec.name, option(value));
  };
  for (const [name, given] of flags.kafkaOption ?? []) {
    const spec = kafkaOption(name);
    const value = substituted(name, given, env);
    const fault = faultOf(spec.value, value);
    if (fault !== undefined) throw usageError(`--kafka-option ${name} ${fault.message}`, fault.hint);
    set(spec, value);
  }
  if (flags.brokers !== undefined) set(KAFKA.options.brokers, flags.brokers);
  if ((givenOption(KAFKA.options.brokers, connection)?.value ?? '').trim() === '') {
    throw usageError(
      'no Kafka broker is known',
      'give --brokers host:port, or set the variable that the SQL uses for them',
    );
  }
  return connection;
}

/** Returns the options of the pipeline's Kafka sources that topics at the same brokers share. */
function sharedConnection(flags: TopicFlags, { sources }: Pipeline): Options {
  const kafka = sources.filter(({ connector }) => connector === KAFKA.name);
  if (flags.like !== undefined) return withoutTopic(named('Kafka source', flags.like, kafka));
  const distinct = new Map(kafka.map((source) => [connectionId(source, flags), source]));
  if (distinct.size > 1) {
    const names = [...distinct.values()].map(({ name }) => name).join(' and ');
    throw usageError(
      `the sources ${names} connect to Kafka in different ways`,
      'name the one whose brokers and security the topics share: --like <source>',
    );
  }
  const [only] = distinct.values();
  return only === undefined ? new Map() : withoutTopic(only);
}

function withoutTopic({ options }: SourceDef): Options {
  const left = new Set(OF_TOPIC.flatMap(({ name, aliases = [] }: OptionSpec) => [name, ...aliases]));
  return new Map([...options].filter(([name]) => name !== 'connector' && !left.has(name)));
}

/** Returns a text that is the same for sources with the same connection. Brokers do not count if they are given. */
function connectionId({ options }: SourceDef, { brokers }: TopicFlags): string {
  const compared = Object.values(KAFKA.options).filter(
    (spec: OptionSpec) =>
      !OF_TOPIC.includes(spec) && (brokers === undefined || spec !== KAFKA.options.brokers),
  );
  return JSON.stringify(compared.map((spec) => givenOption(spec, options)?.value));
}

function kafkaOption(name: string): OptionSpec {
  const specs: readonly OptionSpec[] = Object.values(KAFKA.options);
  const spec = specs.find((each) => [each.name, ...(each.aliases ?? [])].includes(name));
  if (spec === undefined || OF_TOPIC.includes(spec)) {
    const names = specs.filter((each) => !OF_TOPIC.includes(each)).map((each) => each.name);
    throw usageError(`there is no Kafka option ${name} for --kafka-option`, didYouMean(name, names));
  }
  return spec;
}

function substituted(name: string, value: string, env: CliIo['env']): string {
  return value.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, variable: string) => {
    const found = env[variable];
    if (found === undefined)
      throw usageError(`--kafka-option ${name} uses \${${variable}}, which is not set`, `set ${variable}`);
    return found;
  });
}
