import { BOOLEAN_OPTION, TEXT, integerOption, oneOf } from './option.ts';
import type { ConnectorSpec } from './option.ts';

/** `connector = 'dynamodb'` of a sink. */
export const DYNAMODB: ConnectorSpec = {
  name: 'dynamodb',
  about: 'one DynamoDB item per row of a view',
  options: [
    { name: 'table', aliases: ['dynamodb.table'], value: TEXT, required: true, about: 'the table to write' },
    {
      name: 'primary_key',
      value: TEXT,
      required: true,
      about: "the view's columns that are the item's key: the partition key, then the sort key",
    },
    { name: 'region', aliases: ['aws.region'], value: TEXT, about: 'the AWS region' },
    {
      name: 'endpoint',
      aliases: ['endpoint_url', 'aws.endpoint_url'],
      value: TEXT,
      about: "another endpoint than the region's, such as an emulator's",
    },
    { name: 'access_key', aliases: ['aws.credentials.access_key_id'], value: TEXT, about: 'access key id' },
    {
      name: 'secret_key',
      aliases: ['aws.credentials.secret_access_key'],
      value: TEXT,
      about: 'secret access key',
    },
    {
      name: 'session_token',
      aliases: ['aws.credentials.session_token'],
      value: TEXT,
      about: 'session token',
    },
    { name: 'profile', aliases: ['aws.profile'], value: TEXT, about: 'profile of the shared AWS config' },
    {
      name: 'aws.credentials.role.arn',
      aliases: ['role.arn', 'arn'],
      value: TEXT,
      about: 'role to assume',
      support: 'later',
    },
    {
      name: 'aws.credentials.role.external_id',
      aliases: ['role.external_id', 'external_id'],
      value: TEXT,
      about: 'external id of the role to assume',
      support: 'later',
    },
    {
      name: 'dynamodb.max_batch_item_nums',
      aliases: ['dynamodb.max_batch_rows'],
      value: integerOption(1, 25),
      default: '25',
      about: 'items per BatchWriteItem',
    },
    {
      name: 'dynamodb.max_future_send_nums',
      value: integerOption(1, 1024),
      default: '64',
      about: 'requests in flight at most',
    },
    {
      name: 'dynamodb.batch_write_retry_times',
      value: integerOption(0, 1_000_000),
      about: 'how often RisingWave retries; here an item is retried until it is acknowledged',
      support: 'ignored',
    },
    {
      name: 'dynamodb.batch_write_retry_backoff_ms',
      value: integerOption(1, 60_000),
      default: '100',
      about: 'first pause before a retry, in milliseconds',
    },
    {
      name: 'ignore_delete',
      aliases: ['force_append_only'],
      value: BOOLEAN_OPTION,
      default: 'false',
      about: 'keep the item when its row goes away',
    },
    {
      name: 'type',
      value: oneOf('upsert', 'append-only'),
      about: "RisingWave's sink type",
      support: 'ignored',
    },
    { name: 'snapshot', value: BOOLEAN_OPTION, about: "RisingWave's backfill switch", support: 'ignored' },
    { name: 'force_compaction', value: BOOLEAN_OPTION, about: 'always so here', support: 'ignored' },
    {
      name: 'commit_checkpoint_interval',
      value: integerOption(1, 1_000_000),
      about: 'of RisingWave',
      support: 'ignored',
    },
    {
      name: 'freshet.layout',
      value: oneOf('domain', 'wide', 'metric', 'daily', 'packed'),
      laterValues: ['wide', 'metric', 'daily', 'packed'],
      default: 'domain',
      about: 'how rows become items',
    },
    {
      name: 'freshet.sort_key',
      value: TEXT,
      about:
        "constant sort key of this sink's items, such as engagement#watch, when the view has no such column",
    },
    {
      name: 'freshet.sort_key_name',
      value: TEXT,
      default: 'sk',
      about: 'name of the sort key attribute that freshet.sort_key fills',
    },
    {
      name: 'freshet.create_table',
      value: BOOLEAN_OPTION,
      default: 'true',
      about: 'create the table if there is none',
    },
    {
      name: 'freshet.gone_items',
      value: oneOf('delete', 'keep'),
      default: 'delete',
      about:
        'items that no row stands for after a rebuild or a changed view: delete them, or only count them',
    },
    {
      name: 'freshet.bookkeeping',
      value: oneOf('on', 'off'),
      default: 'on',
      about: 'write the version and write time attributes',
    },
  ],
};
