import type { Options } from '../../plan/pipeline.ts';
import { SinkError } from '../sink.ts';
import type { ConnectionOptions } from './client/connect.ts';
import { endpointUrl } from './client/endpoint.ts';

/** A sink's WITH options, read. */
export interface DynamoDbSinkSettings {
  readonly table: string;
  readonly connection: ConnectionOptions;
  /** The constant sort key of this sink's items, such as `engagement#watch`. */
  readonly sortKey: string | undefined;
  readonly sortKeyName: string;
  /** False leaves `_v` and `_w` out, so that an item has the view's columns and the key only. */
  readonly bookkeeping: boolean;
  /** Retractions leave the item as it is. */
  readonly ignoreDelete: boolean;
  readonly createTable: boolean;
  /** Items that no row stands for after a rebuild are counted and told, and stay. */
  readonly keepsGoneItems: boolean;
  readonly maxBatchItems: number;
  readonly maxInFlight: number;
  readonly retryBackoff_ms: number;
}

/** Option names with their aliases (RisingWave's), the canonical one first. */
const NAMES = {
  table: ['table', 'dynamodb.table'],
  region: ['region', 'aws.region'],
  endpoint: ['endpoint', 'endpoint_url', 'aws.endpoint_url'],
  accessKey: ['access_key', 'aws.credentials.access_key_id'],
  secretKey: ['secret_key', 'aws.credentials.secret_access_key'],
  sessionToken: ['session_token', 'aws.credentials.session_token'],
  profile: ['profile', 'aws.profile'],
  maxBatchItems: ['dynamodb.max_batch_item_nums', 'dynamodb.max_batch_rows'],
  maxInFlight: ['dynamodb.max_future_send_nums'],
  retryTimes: ['dynamodb.batch_write_retry_times'],
  retryBackoff: ['dynamodb.batch_write_retry_backoff_ms'],
  ignoreDelete: ['ignore_delete', 'force_append_only'],
  layout: ['freshet.layout'],
  sortKey: ['freshet.sort_key'],
  sortKeyName: ['freshet.sort_key_name'],
  bookkeeping: ['freshet.bookkeeping'],
  createTable: ['freshet.create_table'],
  goneItems: ['freshet.gone_items'],
} as const;

/** Options that mean something to RisingWave and nothing here. */
const IGNORED = [
  'connector',
  'primary_key',
  'type',
  'snapshot',
  'force_compaction',
  'commit_checkpoint_interval',
];

/** Every option name a DynamoDB sink takes. */
const DYNAMODB_SINK_OPTIONS: readonly string[] = [...Object.values(NAMES).flat(), ...IGNORED];

/** Reads and checks a sink's options. Throws SinkError for an unknown, missing, repeated or malformed one. */
export function readSinkOptions(sink: string, options: Options): DynamoDbSinkSettings {
  for (const name of options.keys()) {
    if (!DYNAMODB_SINK_OPTIONS.includes(name)) {
      throw new SinkError(sink, `unknown option ${name} of a dynamodb sink`, {
        hint: `the options are ${DYNAMODB_SINK_OPTIONS.join(', ')}`,
        option: [name],
      });
    }
  }
  const text = (names: readonly string[]): string | undefined => {
    const given = names.filter((name) => options.has(name));
    if (given.length > 1) {
      throw new SinkError(sink, `options ${given.join(' and ')} mean the same`, {
        hint: `keep ${given[0]}`,
        option: given,
      });
    }
    return given[0] === undefined ? undefined : options.get(given[0])!.value;
  };
  /** An empty value is none, so that a variable can leave the option out: `endpoint = '${ENDPOINT:-}'`. */
  const filled = (names: readonly string[]): string | undefined => text(names) || undefined;
  const integer = (
    names: readonly string[],
    range: { min: number; max: number; fallback: number },
  ): number => {
    const value = text(names);
    if (value === undefined) return range.fallback;
    const n = Number(value);
    if (!/^\d+$/.test(value) || n < range.min || n > range.max) {
      throw new SinkError(
        sink,
        `option ${names[0]} must be a whole number from ${range.min} to ${range.max}, not ${value}`,
        { option: names },
      );
    }
    return n;
  };
  const flag = (names: readonly string[], words: readonly [string, string], fallback: boolean): boolean => {
    const value = text(names)?.toLowerCase();
    if (value === undefined) return fallback;
    if (!words.includes(value)) {
      const message = `option ${names[0]} must be '${words[0]}' or '${words[1]}', not ${value}`;
      throw new SinkError(sink, message, { option: names });
    }
    return value === words[0];
  };

  const table = text(NAMES.table);
  if (table === undefined) {
    throw new SinkError(sink, 'option table is missing', { hint: "add table='viewer_profiles' to WITH" });
  }
  if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(table)) {
    throw new SinkError(sink, `table name ${JSON.stringify(table)} is not one DynamoDB takes`, {
      hint: 'use 3 to 255 letters, digits, underscores, dots and hyphens',
      option: NAMES.table,
    });
  }
  const layout = text(NAMES.layout) ?? 'domain';
  if (layout.toLowerCase() !== 'domain') {
    throw new SinkError(sink, `layout ${layout} is not supported`, {
      hint: "use freshet.layout='domain', or leave it out",
      option: NAMES.layout,
    });
  }
  const accessKey = filled(NAMES.accessKey);
  const secretKey = filled(NAMES.secretKey);
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    throw new SinkError(sink, 'options access_key and secret_key belong together', {
      hint: 'give both, or neither to use the AWS environment variables and shared config',
      option: [...NAMES.accessKey, ...NAMES.secretKey],
    });
  }
  const endpoint = filled(NAMES.endpoint);
  if (endpoint !== undefined && endpointUrl(endpoint) === undefined) {
    const message = `endpoint ${JSON.stringify(endpoint)} is not a URL such as http://localhost:8000`;
    throw new SinkError(sink, message, { hint: 'begin it with http:// or https://', option: NAMES.endpoint });
  }
  const sortKey = text(NAMES.sortKey);
  if (sortKey !== undefined && (sortKey === '' || Buffer.byteLength(sortKey) > 1024)) {
    throw new SinkError(sink, 'option freshet.sort_key must have 1 to 1024 bytes', { option: NAMES.sortKey });
  }
  const sortKeyName = text(NAMES.sortKeyName) ?? 'sk';
  if (sortKeyName === '' || Buffer.byteLength(sortKeyName) > 255) {
    const message = 'option freshet.sort_key_name must have 1 to 255 bytes';
    throw new SinkError(sink, message, { option: NAMES.sortKeyName });
  }
  // Accepted so that RisingWave's files run as they are; delivery here is retried until it is acknowledged.
  integer(NAMES.retryTimes, { min: 0, max: 1_000_000, fallback: 0 });
  return {
    table,
    connection: {
      region: filled(NAMES.region),
      endpoint,
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      sessionToken: filled(NAMES.sessionToken),
      profile: filled(NAMES.profile),
    },
    sortKey,
    sortKeyName,
    bookkeeping: flag(NAMES.bookkeeping, ['on', 'off'], true),
    ignoreDelete: flag(NAMES.ignoreDelete, ['true', 'false'], false),
    keepsGoneItems: flag(NAMES.goneItems, ['keep', 'delete'], false),
    createTable: flag(NAMES.createTable, ['true', 'false'], true),
    maxBatchItems: integer(NAMES.maxBatchItems, { min: 1, max: 25, fallback: 25 }),
    maxInFlight: integer(NAMES.maxInFlight, { min: 1, max: 1024, fallback: 64 }),
    retryBackoff_ms: integer(NAMES.retryBackoff, { min: 1, max: 60_000, fallback: 100 }),
  };
}
