import { DynamoDbError } from '../../dynamodb/errors.ts';
import { SinkError } from '../sink.ts';
import type { SinkClient } from './sink-client.ts';
import type { TableRequest } from './table.ts';

/**
 * Lets DynamoDB delete expired items of a table whose items expire, unless the request leaves tables to the user.
 * Resolves to why it does not delete them; undefined if it does, or if items do not expire.
 */
export async function ensureTimeToLive(
  client: SinkClient,
  { sink, table, timeToLive: attribute, create }: TableRequest,
): Promise<SinkError | undefined> {
  if (attribute === undefined) return undefined;
  const command =
    `aws dynamodb update-time-to-live --table-name ${table} ` +
    `--time-to-live-specification Enabled=true,AttributeName=${attribute}`;
  const problem = (why: string, hint: string, cause?: unknown): SinkError =>
    new SinkError(sink, `expired items of table ${table} stay: ${why}`, { hint, cause });
  const found = async (): Promise<SinkError | 'off' | undefined> => {
    const known = await client.timeToLive(table);
    if (known === attribute) return undefined;
    if (known === undefined) return 'off';
    return problem(
      `its time to live is attribute ${known}`,
      `switch it off for ${known}, and an hour later on for ${attribute}: ${command}`,
    );
  };
  try {
    const state = await found();
    if (state !== 'off') return state;
    if (!create) return problem('its time to live is off', command);
    await client.enableTimeToLive(table, attribute);
    return undefined;
  } catch (error) {
    if (!(error instanceof DynamoDbError)) throw error;
    // Another sink of the table may have switched it on meanwhile.
    const isOn = error.fault === 'invalid' && (await found().catch(() => 'off')) === undefined;
    const hint = `allow dynamodb:DescribeTimeToLive and UpdateTimeToLive, or switch it on yourself: ${command}`;
    return isOn ? undefined : problem(error.message, hint, error);
  }
}
