import type { Options } from '../../plan/pipeline.ts';
import { DYNAMODB } from '../../sql/options/dynamodb.ts';
import { readSettings } from '../../sql/options/settings.ts';
import { SinkError } from '../sink.ts';
import type { ConnectionOptions } from './client/connect.ts';

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

/** The settings of a sink. Throws SinkError for options that do not go together. */
export function readSinkOptions(sink: string, options: Options): DynamoDbSinkSettings {
  const given = readSettings(DYNAMODB, options);
  const { region, endpoint, accessKey, secretKey, sessionToken, profile } = given;
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    const { accessKey: id, secretKey: secret } = DYNAMODB.options;
    throw new SinkError(sink, 'options access_key and secret_key belong together', {
      hint: 'give both, or neither to use the AWS environment variables and shared config',
      option: [id.name, ...id.aliases, secret.name, ...secret.aliases],
    });
  }
  return {
    table: given.table,
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
    bookkeeping: given.bookkeeping === 'on',
    ignoreDelete: given.ignoreDelete,
    keepsGoneItems: given.goneItems === 'keep',
    createTable: given.createTable,
    maxBatchItems: given.maxBatchItems,
    maxInFlight: given.maxInFlight,
    retryBackoff_ms: given.retryBackoff_ms,
  };
}
