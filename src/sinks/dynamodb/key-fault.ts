import type { KeyFault, SinkInput } from '../../connectors/declaration.ts';
import { givenOption } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { typeName } from '../../values/types.ts';
import { keyTypeOf } from './key-type.ts';
import { DYNAMODB } from './options.ts';

/**
 * Returns why DynamoDB items cannot have the key that consists of the columns at positions `key` and the constant sort
 * key of `options`; undefined if they can.
 */
export function keyFault(
  { columns, label }: SinkInput,
  key: readonly number[],
  options: Options,
): KeyFault | undefined {
  if (key.length < 1 || key.length > 2) {
    const [first, second] = key.map((i) => columns[i]!.name);
    return {
      code: '42830',
      message: `a DynamoDB key has one or two columns, not ${key.length}`,
      hint: `name the partition key and at most one sort key: primary_key = '${first ?? 'id'},${second ?? 'sk'}'`,
    };
  }
  for (const i of key) {
    const { name, type } = columns[i]!;
    if (keyTypeOf(type) !== undefined) continue;
    return {
      code: '42830',
      message: `key column "${name}" is ${typeName(type)}; DynamoDB keys are numbers, text or bytes`,
      hint: `cast it in the view: ${name}::VARCHAR`,
    };
  }
  return sortKeyFault({ columns, label }, key, options);
}

function sortKeyFault(
  { columns, label }: SinkInput,
  key: readonly number[],
  options: Options,
): KeyFault | undefined {
  const sortKey = givenOption(DYNAMODB.options.sortKey, options);
  const sortKeyName = givenOption(DYNAMODB.options.sortKeyName, options);
  if (sortKey === undefined) {
    return (
      sortKeyName && {
        code: '22023',
        message: 'freshet.sort_key_name needs freshet.sort_key',
        hint: "add freshet.sort_key, such as 'profile#totals'",
        option: sortKeyName,
      }
    );
  }
  if (key.length === 2) {
    return {
      code: '42830',
      message: `freshet.sort_key and the key column "${columns[key[1]!]!.name}" both set the sort key`,
      hint: 'name one column in primary_key, or remove freshet.sort_key',
      option: sortKey,
    };
  }
  const attribute = sortKeyName?.value ?? DYNAMODB.options.sortKeyName.default;
  if (!columns.some(({ name }) => name === attribute)) return undefined;
  return {
    code: '42830',
    message: `the sort key is named "${attribute}", like a column of ${label}`,
    hint: 'add the column to primary_key instead of freshet.sort_key, or set freshet.sort_key_name to another name',
    option: sortKey,
  };
}
