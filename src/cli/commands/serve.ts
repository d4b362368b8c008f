import { namesLike } from '../args.ts';
import { defineCommand, parsed, text, type Values } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { write, type CliIo } from '../io.ts';
import { LISTEN_FLAGS, exposureWarning, hostsOf } from '../listen-options.ts';
import { aborted } from '../signals.ts';
import { packageVersion } from '../version.ts';
import { messageOf } from '../../values/error-message.ts';

const FLAGS = {
  table: text('<name>', 'DynamoDB table with the profiles', 'viewer_profiles'),
  region: text('<region>', 'AWS region (default: AWS_REGION, else the shared AWS config)'),
  endpoint: text('<url>', 'DynamoDB endpoint (default: the endpoint of the region)'),
  domains: parsed(
    '<names>',
    'domains of a profile, separated by commas; a domain without an item is reported as absent',
    namesLike('watch,interactions'),
  ),
  ...LISTEN_FLAGS,
};
type ServeFlags = Values<typeof FLAGS>;

export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'serve the HTTP API from DynamoDB, without a pipeline',
  description:
    'Serves profiles and recommendations from the items that a pipeline has written. It is stateless: run as ' +
    'many instances as you need beside `freshet run`. It does not accept events; post those to the pipeline.',
  examples: [
    [
      'serve --table viewer_profiles --region us-east-1',
      'from DynamoDB, with the AWS credentials of the environment',
    ],
    ['serve --endpoint http://127.0.0.1:8000 --port 0', 'from a local emulator, on any free port'],
  ],
  notes:
    'Environment:\n' +
    '  AWS_REGION, AWS_ACCESS_KEY_ID, ...  region and credentials, as for other AWS tools\n' +
    '  AWS_ENDPOINT_URL_DYNAMODB           endpoint, such as that of an emulator\n' +
    '  FRESHET_READ_TOKEN                  bearer token that clients must send',
  flags: FLAGS,
  run: (io, _, flags) => runServe(io, flags),
});

async function runServe(io: CliIo, flags: ServeFlags): Promise<number> {
  const [
    { connectDynamoDb },
    { ProfileStore },
    { createApi, listenApi },
    { tokensFromEnv },
    { SYSTEM_CLOCK },
    prom,
  ] = await Promise.all([
    import('../../sinks/dynamodb/client/connect.ts'),
    import('../../serving/profile-store.ts'),
    import('../../serving/api.ts'),
    import('../../serving/auth.ts'),
    import('../../platform/clock.ts'),
    import('prom-client'),
  ]);
  const client = await connectDynamoDb({ region: flags.region, endpoint: flags.endpoint }, { env: io.env });
  const store = new ProfileStore(client, { table: flags.table, domains: flags.domains, clock: SYSTEM_CLOCK });
  const registry = new prom.Registry();
  prom.collectDefaultMetrics({ register: registry });
  const app = await createApi({
    store,
    clock: SYSTEM_CLOCK,
    registry,
    options: { tokens: tokensFromEnv(io.env), hosts: hostsOf(flags), version: packageVersion() },
    onError: (error) => io.stderr.write(`error: ${messageOf(error)}\n`),
  });
  try {
    const url = await listenApi(app, flags);
    const warning = exposureWarning(flags, io.env, false);
    if (warning !== undefined) io.stderr.write(`warning: ${warning}\n`);
    await write(io.stdout, `serving ${flags.table} of ${client.endpoint} on ${url}\n`);
    // The server also starts without the table: /readyz answers 503 until it can be read.
    store.check().catch((error: unknown) => {
      io.stderr.write(`warning: ${flags.table} cannot be read yet: ${messageOf(error)}\n`);
    });
    await aborted(io.signal);
  } finally {
    await app.close();
    await client.close();
  }
  return EXIT_DONE;
}
