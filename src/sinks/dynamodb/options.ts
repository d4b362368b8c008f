import {
  BOOLEAN_OPTION,
  TEXT,
  bytesOption,
  defineConnector,
  integerOption,
  oneOf,
  textOption,
} from '../../connectors/option.ts';
import { readSettings } from '../../connectors/settings.ts';
import type { Settings } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { endpointUrl } from '../../values/endpoint-url.ts';
import { SinkError } from '../sink.ts';
import type { ConnectionOptions } from '../../dynamodb/connect.ts';

/** `connector = 'dynamodb'` of a sink. */
export const DYNAMODB = defineConnector({
  name: 'dynamodb',
  about: 'DynamoDB items, one per row of a view or in another layout',
  options: {
    table: {
      name: 'table',
      aliases: ['dynamodb.table'],
      value: textOption((table) =>
        /^[a-zA-Z0-9_.-]{3,255}$/.test(table)
          ? undefined
          : {
              message: `must be a valid DynamoDB table name, not '${table}'`,
              hint: 'use 3 to 255 letters, digits, underscores, dots and hyphens',
            },
      ),
      required: true,
      about: 'the table to write',
    },
    primaryKey: {
      name: 'primary_key',
      value: TEXT,
      required: true,
      about:
        'the columns of the view that form the key of an item: the partition key, then the sort key if there is one',
    },
    region: {
      name: 'region',
      aliases: ['aws.region'],
      value: TEXT,
      emptyIsNone: true,
      about: 'the AWS region',
    },
    endpoint: {
      name: 'endpoint',
      aliases: ['endpoint_url', 'aws.endpoint_url'],
      value: textOption((endpoint) =>
        endpointUrl(endpoint) === undefined
          ? {
              message: `must be a URL such as http://localhost:8000, not '${endpoint}'`,
              hint: 'start it with http:// or https://',
            }
          : undefined,
      ),
      emptyIsNone: true,
      about: "the endpoint, if it is not the region's, such as that of an emulator",
    },
    accessKey: {
      name: 'access_key',
      aliases: ['aws.credentials.access_key_id'],
      value: TEXT,
      emptyIsNone: true,
      about: 'the access key id',
    },
    secretKey: {
      name: 'secret_key',
      aliases: ['aws.credentials.secret_access_key'],
      value: TEXT,
      emptyIsNone: true,
      about: 'the secret access key',
    },
    sessionToken: {
      name: 'session_token',
      aliases: ['aws.credentials.session_token'],
      value: TEXT,
      emptyIsNone: true,
      about: 'the session token of temporary credentials',
    },
    profile: {
      name: 'profile',
      aliases: ['aws.profile'],
      value: TEXT,
      emptyIsNone: true,
      about: 'the profile in the shared AWS config files',
    },
    roleArn: {
      name: 'aws.credentials.role.arn',
      aliases: ['role.arn', 'arn'],
      value: TEXT,
      about: 'the ARN of the role to assume',
      isLater: true,
    },
    roleExternalId: {
      name: 'aws.credentials.role.external_id',
      aliases: ['role.external_id', 'external_id'],
      value: TEXT,
      about: 'the external id for the role to assume',
      isLater: true,
    },
    maxBatchItems: {
      name: 'dynamodb.max_batch_item_nums',
      aliases: ['dynamodb.max_batch_rows'],
      value: integerOption(1, 25),
      default: '25',
      about: 'the maximum number of items in a BatchWriteItem request',
    },
    maxInFlight: {
      name: 'dynamodb.max_future_send_nums',
      value: integerOption(1, 1024),
      default: '64',
      about: 'the maximum number of requests in flight',
    },
    retryBackoff_ms: {
      name: 'dynamodb.batch_write_retry_backoff_ms',
      value: integerOption(1, 60_000),
      default: '100',
      about: 'the pause before the first retry, in milliseconds',
    },
    ignoreDelete: {
      name: 'ignore_delete',
      aliases: ['force_append_only'],
      value: BOOLEAN_OPTION,
      default: 'false',
      about: 'keep an item when its row leaves the view',
    },
    layout: {
      name: 'freshet.layout',
      value: oneOf('domain', 'wide', 'metric', 'daily', 'packed'),
      default: 'domain',
      about: 'the way in which rows become items, which items.md describes',
    },
    expireAfter_days: {
      name: 'freshet.expire_after_days',
      value: integerOption(1, 36_500),
      default: '35',
      about:
        "the age at which a day's item expires in the layout daily, in days after the end of its day (UTC)",
    },
    sortKey: {
      name: 'freshet.sort_key',
      value: bytesOption(1024, "such as 'engagement#watch'"),
      about:
        "a constant sort key for this sink's items, such as engagement#watch, when no column of the view holds it; " +
        'in the layouts wide, metric and daily it names the domain only',
    },
    sortKeyName: {
      name: 'freshet.sort_key_name',
      value: bytesOption(255, "such as 'sk', or leave it out"),
      default: 'sk',
      about: 'the name of the attribute that holds freshet.sort_key',
    },
    createTable: {
      name: 'freshet.create_table',
      value: BOOLEAN_OPTION,
      default: 'true',
      about: 'create the table if it does not exist',
    },
    goneItems: {
      name: 'freshet.gone_items',
      value: oneOf('delete', 'delete_all', 'keep'),
      default: 'delete',
      about:
        'what happens to items that no row stands for after a rebuild or a change of the view: delete those that ' +
        "this sink wrote; delete_all also deletes those without a version under this sink's sort key, such as " +
        "RisingWave's; keep only logs their number",
    },
    bookkeeping: {
      name: 'freshet.bookkeeping',
      value: oneOf('on', 'off'),
      default: 'on',
      about: 'write the attributes for version and write time',
    },
  },
  ignored: [
    {
      name: 'dynamodb.batch_write_retry_times',
      value: integerOption(0, 1_000_000),
      about: 'how often RisingWave retries; here an item is retried until it is acknowledged',
    },
    {
      name: 'type',
      value: oneOf('upsert', 'append-only'),
      about: "RisingWave's sink type",
    },
    { name: 'snapshot', value: BOOLEAN_OPTION, about: "RisingWave's backfill switch" },
    {
      name: 'force_compaction',
      value: BOOLEAN_OPTION,
      about: "RisingWave's compaction switch; here changes of a key are always compacted",
    },
    {
      name: 'commit_checkpoint_interval',
      value: integerOption(1, 1_000_000),
      about: "RisingWave's commit interval",
    },
  ],
});

/** The typed WITH options of a sink. */
export interface DynamoDbSinkSettings {
  readonly table: string;
  readonly layout: Settings<typeof DYNAMODB>['layout'];
  readonly connection: ConnectionOptions;
  /** The constant sort key of this sink's items, such as `engagement#watch`. */
  readonly sortKey: string | undefined;
  readonly sortKeyName: string;
  /** Age of a day's item in the layout `daily` at which it expires, counted from the end of its day. */
  readonly expireAfter_days: number;
  /** If false, items have no bookkeeping attributes, only the view's columns and the key. */
  readonly bookkeeping: boolean;
  /** If true, an item stays when its row is retracted. */
  readonly ignoreDelete: boolean;
  readonly createTable: boolean;
  /** If true, the sink sees to it that DynamoDB deletes expired items. */
  readonly expiresItems: boolean;
  /** If true, items that no row stands for after a rebuild are counted and logged, and stay. */
  readonly keepsGoneItems: boolean;
  /** If true, items without a version, which another program wrote, count as items of this sink. */
  readonly takesUnversioned: boolean;
  readonly maxBatchItems: number;
  readonly maxInFlight: number;
  readonly retryBackoff_ms: number;
  /** Longest time between a request and its effect. */
  readonly lateWrites_ms: number;
}

/** DynamoDB refuses a request once its signature is this old. */
const LATE_WRITES_MS = 15 * 60_000;

/** Returns the settings of a sink. Throws SinkError for options that contradict one another. */
export function readSinkOptions(sink: string, options: Options): DynamoDbSinkSettings {
  const given = readSettings(DYNAMODB, options);
  const { region, endpoint, accessKey, secretKey, sessionToken, profile } = given;
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    const { accessKey: id, secretKey: secret } = DYNAMODB.options;
    throw new SinkError(sink, 'access_key and secret_key are needed together, and one of them is missing', {
      hint: 'set both, or neither to use the AWS environment variables and shared config files',
      option: [id.name, ...id.aliases, secret.name, ...secret.aliases],
    });
  }
  return {
    table: given.table,
    layout: given.layout,
    connection: {
      region,
      endpoint,
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      sessionToken,
      profile,
    },
    sortKey: given.sortKey,
    sortKeyName: given.sortKeyName,
    expireAfter_days: given.expireAfter_days,
    bookkeeping: given.bookkeeping === 'on',
    ignoreDelete: given.ignoreDelete,
    keepsGoneItems: given.goneItems === 'keep',
    takesUnversioned: given.goneItems === 'delete_all',
    createTable: given.createTable,
    expiresItems: given.layout === 'daily',
    maxBatchItems: given.maxBatchItems,
    maxInFlight: given.maxInFlight,
    retryBackoff_ms: given.retryBackoff_ms,
    lateWrites_ms: LATE_WRITES_MS,
  };
}
