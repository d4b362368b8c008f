import { join } from 'node:path';
import type { Pipeline, SinkDef } from '../plan/pipeline.ts';
import { SYSTEM_CLOCK } from '../platform/clock.ts';
import { CountingSink } from '../sinks/counting-sink.ts';
import type { DynamoDbClient } from '../sinks/dynamodb/client/client.ts';
import { connectDynamoDb } from '../sinks/dynamodb/client/connect.ts';
import type { ConnectionOptions } from '../sinks/dynamodb/client/connect.ts';
import { startLocalDynamoDb } from '../embedded-dynamodb/start.ts';
import type { LocalDynamoDb } from '../embedded-dynamodb/start.ts';
import { readSinkOptions } from '../sinks/dynamodb/options.ts';
import { createDynamoDbSink } from '../sinks/dynamodb/sink.ts';
import type { Sink } from '../sinks/sink.ts';
import { SinkError } from '../sinks/sink.ts';
import { datumToJson } from '../values/text.ts';
import type { Log } from './log.ts';
import type { ErrorReporter } from './error-reporter.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OpenSinksOptions {
  readonly pipeline: Pipeline;
  /** `dev`: without any AWS setting items go to an embedded DynamoDB. */
  readonly mode: 'dev' | 'run';
  readonly stateDir: string;
  readonly env: Environment;
  readonly log: Log;
  readonly problems: ErrorReporter;
  /** Nothing is written: sinks count what they would do. */
  readonly dryRun?: boolean | undefined;
  /** Of the embedded DynamoDB; by default any free one. */
  readonly dynamoDbPort?: number | undefined;
}

/** Where a sink's items are, for the profile API. */
export interface Destination {
  readonly sink: string;
  readonly table: string;
  readonly client: DynamoDbClient;
  readonly embedded: boolean;
}

export interface OpenedSinks {
  readonly sinks: readonly { readonly def: SinkDef; readonly sink: Sink }[];
  readonly destinations: readonly Destination[];
  close(): Promise<void>;
}

/**
 * The sinks of a pipeline, not opened yet. Sinks of one account and region share their connections. Rejects, with
 * everything closed again, for options that cannot be.
 */
export async function openSinks(options: OpenSinksOptions): Promise<OpenedSinks> {
  const { pipeline, env, problems } = options;
  const clients = new Map<string, DynamoDbClient>();
  let embedded: LocalDynamoDb | undefined;
  const close = async (): Promise<void> => {
    await Promise.allSettled([...clients.values()].map((client) => client.close()));
    await embedded?.close();
  };
  try {
    const sinks: { def: SinkDef; sink: Sink }[] = [];
    const destinations: Destination[] = [];
    for (const def of pipeline.sinks) {
      if (def.connector !== 'dynamodb') {
        throw new SinkError(def.name, `connector '${def.connector}' is not supported`, {
          hint: "use connector='dynamodb'",
        });
      }
      const settings = readSinkOptions(def.name, def.options);
      const { table, connection } = settings;
      const isEmbedded = options.mode === 'dev' && !hasAwsSettings(connection, env);
      if (isEmbedded) embedded ??= await startEmbedded(options);
      const local =
        embedded !== undefined && isEmbedded ? { endpoint: embedded.endpoint, ...LOCAL_KEYS } : undefined;
      const shared = JSON.stringify(local ?? connection);
      let client = clients.get(shared);
      if (client === undefined) {
        client = await connectDynamoDb(local ?? connection, { env });
        clients.set(shared, client);
      }
      const { columns } = pipeline.views.find(({ name }) => name === def.from)!;
      const sink = createDynamoDbSink(
        def,
        { columns },
        {
          client,
          clock: SYSTEM_CLOCK,
          random: Math.random,
          onDeadLetter: (letter) => {
            const key = letter.key.map((value, k) => datumToJson(columns[def.primaryKey[k]!]!.type, value));
            problems.sinkDeadLetter(letter, `[${key.join(',')}]`);
          },
          onProblem: (error) => problems.sinkProblem(error),
          ...(options.dryRun === true ? { options: { createTable: false, keepsGoneItems: true } } : {}),
        },
      );
      sinks.push({
        def,
        sink:
          options.dryRun === true
            ? new CountingSink(sink, def.primaryKey, {
                keepsGone: settings.keepsGoneItems,
                ignoresDeletes: settings.ignoreDelete,
              })
            : sink,
      });
      destinations.push({ sink: def.name, table, client, embedded: isEmbedded });
    }
    return { sinks, destinations, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const LOCAL_KEYS = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' };

/** A region alone says nothing about whose tables are meant, and the shipped SQL has one by default. */
function hasAwsSettings(connection: ConnectionOptions, env: Environment): boolean {
  const { endpoint, accessKeyId, profile } = connection;
  if (endpoint !== undefined || accessKeyId !== undefined || profile !== undefined) return true;
  return AWS_VARIABLES.some((name) => (env[name] ?? '') !== '');
}

const AWS_VARIABLES = [
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

async function startEmbedded({ stateDir, dynamoDbPort, log }: OpenSinksOptions): Promise<LocalDynamoDb> {
  const local = await startLocalDynamoDb({
    dir: join(stateDir, 'dynamodb'),
    ...(dynamoDbPort === undefined ? {} : { port: dynamoDbPort }),
    onProblem: (problem) => log.warn({}, problem),
  });
  log.info({ endpoint: local.endpoint }, 'embedded DynamoDB started');
  return local;
}
