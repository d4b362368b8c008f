import { namesLike } from '../args.ts';
import { defineCommand, optionalArgument, parsed, text, type Values } from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { write, type CliIo } from '../io.ts';
import { LISTEN_FLAGS, exposureWarning, hostsOf } from '../listen-options.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { profileLayout, storeOptions } from '../../pipeline/profile-domains.ts';
import { recommendationParts } from '../recommendation-parts.ts';
import { aborted } from '../signals.ts';
import { packageVersion } from '../version.ts';
import { keyWords, type KeyWords } from '../../serving/key-words.ts';
import type { RecommendationParts } from '../../serving/recommendation-parts.ts';
import type { ProfileStoreOptions } from '../../serving/profile-store.ts';
import type { ConnectionOptions } from '../../dynamodb/connect.ts';
import { readSinkOptions } from '../../sinks/dynamodb/options.ts';
import { messageOf } from '../../values/error-message.ts';

const FLAGS = {
  table: text('<name>', "DynamoDB table with the profiles (default: the pipeline's, else viewer_profiles)"),
  region: text('<region>', "AWS region (default: the pipeline's, else AWS_REGION or the shared AWS config)"),
  endpoint: text('<url>', "DynamoDB endpoint (default: the pipeline's, else the endpoint of the region)"),
  domains: parsed(
    '<names>',
    "domains of a profile, separated by commas (default: the pipeline's, else those of the shipped pipeline); " +
      'a domain without an item is reported as absent',
    namesLike('watch,interactions'),
  ),
  ...LISTEN_FLAGS,
};
type ServeFlags = Values<typeof FLAGS>;

export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'serve the HTTP API from DynamoDB, without a pipeline',
  description:
    'Serves profiles and recommendations from the items that a pipeline has written, with Freshet or with ' +
    'RisingWave. It is stateless: run as many instances as you need. It does not accept events; post those to the ' +
    "pipeline. Name the pipeline's folder if it is not the shipped one: its SQL tells the table, the domains, and " +
    'which columns are JSONB, which RisingWave writes as text.',
  examples: [
    [
      'serve pipelines/viewer-engagement',
      'the profiles of a pipeline, from the table that its sinks name, whoever runs it',
    ],
    [
      'serve --table viewer_profiles --region us-east-1',
      'from DynamoDB, with the AWS credentials of the environment',
    ],
    ['serve --endpoint http://127.0.0.1:8000 --port 0', 'from a local emulator, on any free port'],
  ],
  notes:
    'Environment:\n' +
    '  NAME                                replaces ${NAME} in the SQL, as for `freshet run`\n' +
    '  AWS_REGION, AWS_ACCESS_KEY_ID, ...  region and credentials, as for other AWS tools\n' +
    '  AWS_ENDPOINT_URL_DYNAMODB           endpoint, such as that of an emulator\n' +
    '  FRESHET_READ_TOKEN                  bearer token that clients must send',
  args: {
    dir: optionalArgument("folder of the pipeline's .sql files"),
  },
  flags: FLAGS,
  run: (io, { dir }, flags) => runServe(io, dir, flags),
});

/** Where the profiles are, and what they consist of. */
interface Served {
  readonly connection: ConnectionOptions;
  readonly store: Omit<ProfileStoreOptions, 'clock'>;
  readonly key: KeyWords | undefined;
  readonly recommendations: RecommendationParts | undefined;
}

async function servedBy(io: CliIo, dir: string | undefined, flags: ServeFlags): Promise<Served> {
  const { table, region, endpoint, domains } = flags;
  if (dir === undefined)
    return {
      connection: { region, endpoint },
      store: { table: table ?? 'viewer_profiles', names: domains },
      key: undefined,
      recommendations: undefined,
    };
  const pipeline = await loadOrFail(io, dir);
  const layout = profileLayout(pipeline);
  const sink = pipeline.sinks.find(({ name }) => name === layout?.sink);
  if (layout === undefined || sink === undefined)
    throw usageError(
      `${dir} writes no profiles: none of its DynamoDB sinks has a sort key that is the same in every row`,
      'leave out the folder to serve the profiles of a table that another pipeline writes',
    );
  const settings = readSinkOptions(sink.name, sink.options);
  return {
    connection: {
      ...settings.connection,
      region: region ?? settings.connection.region,
      endpoint: endpoint ?? settings.connection.endpoint,
    },
    store: { ...storeOptions(layout), table: table ?? settings.table, names: domains },
    key: keyWords(layout.domains[0]!.partitionKey!),
    recommendations: recommendationParts(pipeline, layout),
  };
}

async function runServe(io: CliIo, dir: string | undefined, flags: ServeFlags): Promise<number> {
  const { connection, store: options, key, recommendations } = await servedBy(io, dir, flags);
  const [
    { connectDynamoDb },
    { ProfileStore },
    { createApi, listenApi },
    { tokensFromEnv },
    { SYSTEM_CLOCK },
    prom,
  ] = await Promise.all([
    import('../../dynamodb/connect.ts'),
    import('../../serving/profile-store.ts'),
    import('../../serving/api.ts'),
    import('../../serving/auth.ts'),
    import('../../platform/clock.ts'),
    import('prom-client'),
  ]);
  const client = await connectDynamoDb(connection, { env: io.env });
  const store = new ProfileStore(client, { ...options, clock: SYSTEM_CLOCK });
  const registry = new prom.Registry();
  prom.collectDefaultMetrics({ register: registry });
  const app = await createApi({
    store,
    clock: SYSTEM_CLOCK,
    registry,
    options: {
      tokens: tokensFromEnv(io.env),
      hosts: hostsOf(flags),
      version: packageVersion(),
      key,
      recommendations,
    },
    onError: (error) => io.stderr.write(`error: ${messageOf(error)}\n`),
  });
  try {
    const url = await listenApi(app, flags);
    const warning = exposureWarning(flags, io.env, false);
    if (warning !== undefined) io.stderr.write(`warning: ${warning}\n`);
    await write(io.stdout, `serving ${options.table} of ${client.endpoint} on ${url}\n`);
    // The server also starts without the table: /readyz answers 503 until it can be read.
    store.check().catch((error: unknown) => {
      io.stderr.write(`warning: ${options.table} cannot be read yet: ${messageOf(error)}\n`);
    });
    await aborted(io.signal);
  } finally {
    await app.close();
    await client.close();
  }
  return EXIT_DONE;
}
