import { join } from 'node:path';
import { startLocalDynamoDb } from '../../embedded-dynamodb/start.ts';
import type { LocalDynamoDb } from '../../embedded-dynamodb/start.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import type { CreatedSink, SinkContext, SinkEvents, SinkFactory, SinkView } from '../connector.ts';
import { CountingSink } from '../counting-sink.ts';
import type { DynamoDbClient } from '../../dynamodb/client.ts';
import { connectDynamoDb } from '../../dynamodb/connect.ts';
import type { ConnectionOptions } from '../../dynamodb/connect.ts';
import type { DynamoDbDestination } from './destination.ts';
import { readSinkOptions } from './options.ts';
import { createDynamoDbSink } from './sink.ts';

/** Creates the DynamoDB sinks of a pipeline. Sinks with the same connection options share a client. */
export class DynamoDbSinkFactory implements SinkFactory {
  readonly #context: SinkContext;
  readonly #clients = new Map<string, DynamoDbClient>();
  #embedded: LocalDynamoDb | undefined;

  constructor(context: SinkContext) {
    this.#context = context;
  }

  async create(def: SinkDef, view: SinkView, events: SinkEvents): Promise<CreatedSink> {
    const { mode, env, clock, random, dryRun } = this.#context;
    const settings = readSinkOptions(def.name, def.options);
    const isEmbedded = mode === 'dev' && !hasAwsSettings(settings.connection, env);
    const client = await this.#client(
      isEmbedded ? { endpoint: await this.#embeddedEndpoint(), ...EMBEDDED_KEYS } : settings.connection,
    );
    const written = createDynamoDbSink(def, view, {
      client,
      clock,
      random,
      ...events,
      ...(dryRun ? { options: { createTable: false, expiresItems: false, keepsGoneItems: true } } : {}),
    });
    const sink = dryRun
      ? new CountingSink(written, def.primaryKey, {
          keepsGone: settings.keepsGoneItems,
          ignoresDeletes: settings.ignoreDelete,
        })
      : written;
    const destination: DynamoDbDestination = {
      sink: def.name,
      connector: def.connector,
      address: client.endpoint,
      isEmbedded,
      table: settings.table,
      client,
    };
    return { sink, destination };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#clients.values()].map((client) => client.close()));
    await this.#embedded?.close();
  }

  async #client(connection: ConnectionOptions): Promise<DynamoDbClient> {
    const key = JSON.stringify(connection);
    const client = this.#clients.get(key) ?? (await connectDynamoDb(connection, { env: this.#context.env }));
    this.#clients.set(key, client);
    return client;
  }

  async #embeddedEndpoint(): Promise<string> {
    const { stateDir, dynamoDbPort, report } = this.#context;
    if (this.#embedded === undefined) {
      this.#embedded = await startLocalDynamoDb({
        dir: join(stateDir, 'dynamodb'),
        port: dynamoDbPort,
        onProblem: (problem) => report('warn', {}, problem),
      });
      report('info', { endpoint: this.#embedded.endpoint }, 'embedded DynamoDB started');
    }
    return this.#embedded.endpoint;
  }
}

const EMBEDDED_KEYS = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' };

/**
 * Returns whether the options or the environment name an endpoint or credentials. A region does not count: it does not
 * tell whose tables are meant, and the shipped SQL sets one by default.
 */
function hasAwsSettings(connection: ConnectionOptions, env: SinkContext['env']): boolean {
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
