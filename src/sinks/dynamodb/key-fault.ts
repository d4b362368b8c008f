import type { KeyFault, SinkInput } from '../../connectors/declaration.ts';
import { givenOption } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { typeName } from '../../values/types.ts';
import { keyTypeOf } from './key-type.ts';
import { DYNAMODB } from './options.ts';

/** Why items cannot have a key: of columns at positions `key`, and what the options add to them. */
export function keyFault(
  { columns, label }: SinkInput,
  key: readonly number[],
  options: Options,
): KeyFault | undefined {
  if (key.length < 1 || key.length > 2) {
    return {
      code: '42830',
      message: `a DynamoDB key has one or two columns, not ${key.length}`,
      hint: "the partition key, and at most one sort key: primary_key = 'viewer_id,sk'",
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
        hint: "add freshet.sort_key = 'engagement#...'",
        option: sortKeyName,
      }
    );
  }
  if (key.length === 2) {
    return {
      code: '42830',
      message: `freshet.sort_key and the key column "${columns[key[1]!]!.name}" are both a sort key`,
      hint: 'name one column in primary_key, or leave freshet.sort_key out',
      option: sortKey,
    };
  }
  const attribute = sortKeyName?.value ?? DYNAMODB.options.sortKeyName.default;
  if (!columns.some(({ name }) => name === attribute)) return undefined;
  return {
    code: '42830',
    message: `${label} has a column "${attribute}", the name of the sort key`,
    hint: 'add it to primary_key, or set freshet.sort_key_name',
    option: sortKey,
  };
}
