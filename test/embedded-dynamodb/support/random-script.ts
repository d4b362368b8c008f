import fc from 'fast-check';
import { call, type Call, type Script } from './script.ts';

const TABLE = 'random';
type Json = { readonly [member: string]: unknown };

const digits = fc.stringMatching(/^[0-9]{1,20}$/);
/** Numbers in many notations, most of them small, so that equal numbers occur. */
const number = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }).map(String) },
  fc.constantFrom('1.0', '-0.0', '1e1', '10', '0.10', '.1', '1E-5', '99999999999999999999'),
  fc
    .tuple(fc.constantFrom('', '-'), digits, digits, fc.integer({ min: -40, max: 40 }))
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}e${exponent}`.slice(0, 45)),
);
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'ab', 'abc', 'b', 'é', 'z', '\uffff', '\u{10000}') },
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const bytes = fc
  .uint8Array({ minLength: 1, maxLength: 3 })
  .map((each) => Buffer.from(each).toString('base64'));
const scalar: fc.Arbitrary<Json> = fc.oneof(
  number.map((N) => ({ N })),
  text.map((S) => ({ S })),
  bytes.map((B) => ({ B })),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.constant({ NULL: true }),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 4 }).map((L) => ({ L })),
  fc
    .dictionary(fc.constantFrom('x', 'y', '__proto__'), scalar, { maxKeys: 3, noNullPrototype: true })
    .map((M) => ({ M })),
  fc.uniqueArray(text, { minLength: 1, maxLength: 3 }).map((SS) => ({ SS })),
  fc
    .uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 })
    .map((all) => ({ NS: all.map(String) })),
);
const attribute = fc.constantFrom('p', 'q', 'r');
const path = fc.oneof(
  { weight: 2, arbitrary: attribute },
  fc.tuple(attribute, fc.constantFrom('.x', '.y', '[0]', '[1]', '[2]')).map(([name, rest]) => name + rest),
);
const attributes = fc.dictionary(attribute, value, { maxKeys: 3, noNullPrototype: true });

type KeyType = 'N' | 'S' | 'B';
const sortKey: Readonly<Record<KeyType, fc.Arbitrary<Json>>> = {
  N: number.map((N) => ({ N })),
  S: text.filter((S) => S !== '').map((S) => ({ S })),
  B: bytes.map((B) => ({ B })),
};
const partition = fc.integer({ min: 0, max: 1 }).map((id) => ({ N: `${id}` }));

/** An expression over `:v` and `:w`, with their values. */
interface Expression {
  readonly text: string;
  readonly values: Json;
}

const condition: fc.Arbitrary<Expression> = fc
  .tuple(
    fc.constantFrom(
      (a: string) => `attribute_exists(${a})`,
      (a: string) => `attribute_not_exists(${a})`,
      (a: string) => `${a} = :v`,
      (a: string) => `${a} <> :v`,
      (a: string) => `${a} < :v`,
      (a: string) => `:v <= ${a}`,
      (a: string) => `${a} > :v OR ${a} = :w`,
      (a: string) => `NOT ${a} >= :v AND ${a} <> :w`,
      (a: string) => `${a} BETWEEN :v AND :w`,
      (a: string) => `${a} IN (:v, :w)`,
      (a: string) => `begins_with(${a}, :v)`,
      (a: string) => `contains(${a}, :v)`,
      (a: string) => `size(${a}) > :v`,
    ),
    path,
    value,
    value,
  )
  .map(([make, at, v, w]) => onlyUsed({ text: make(at), values: { ':v': v, ':w': w } }));

const update: fc.Arbitrary<Expression> = fc
  .tuple(
    fc.constantFrom(
      (a: string) => `SET ${a} = :v`,
      (a: string) => `SET ${a} = ${a} + :v`,
      (a: string) => `SET ${a} = :v - ${a}`,
      (a: string) => `SET ${a} = if_not_exists(${a}, :v)`,
      (a: string) => `SET ${a} = list_append(${a}, :v)`,
      (a: string, b: string) => `SET ${a} = ${b}, ${b} = :v`,
      (a: string) => `REMOVE ${a}`,
      (a: string, b: string) => `REMOVE ${a}, ${b}`,
      (a: string) => `ADD ${a} :v`,
      (a: string) => `DELETE ${a} :v`,
      (a: string, b: string) => `SET ${a} = :v REMOVE ${b}`,
    ),
    path,
    path,
    value,
  )
  .map(([make, a, b, v]) => onlyUsed({ text: make(a, b), values: { ':v': v } }));

function onlyUsed({ text: expression, values }: Expression): Expression {
  const used = Object.entries(values).filter(([name]) => expression.includes(name));
  return { text: expression, values: Object.fromEntries(used) };
}

function valuesOf(...expressions: readonly Json[]): Json {
  const all = Object.assign({}, ...expressions) as Json;
  return Object.keys(all).length === 0 ? {} : { ExpressionAttributeValues: all };
}

const more = fc.constantFrom({}, { ReturnConsumedCapacity: 'TOTAL' });

function calls(type: KeyType): fc.Arbitrary<Call> {
  const key = fc.record({ id: partition, sk: sortKey[type] });
  const bound = fc
    .tuple(
      fc.constantFrom('', ' AND sk = :s', ' AND sk < :s', ' AND sk <= :s', ' AND sk > :s', ' AND sk >= :s', ' AND sk BETWEEN :s AND :t', ' AND begins_with(sk, :s)'), // prettier-ignore
      sortKey[type],
      sortKey[type],
    )
    .map(([expression, s, t]) => onlyUsed({ text: expression, values: { ':s': s, ':t': t } }));
  const put = fc.tuple(key, attributes, fc.option(condition), more).map(([k, rest, when, extra]) =>
    call('PutItem', {
      TableName: TABLE,
      Item: { ...rest, ...k },
      ReturnValues: 'ALL_OLD',
      ...extra,
      ...(when === null ? {} : { ConditionExpression: when.text, ...valuesOf(when.values) }),
    }),
  );
  const change = fc
    .tuple(key, update, fc.constantFrom('ALL_NEW', 'UPDATED_NEW', 'UPDATED_OLD', 'ALL_OLD'), more)
    .map(([Key, { text: UpdateExpression, values }, ReturnValues, extra]) =>
      call('UpdateItem', {
        TableName: TABLE,
        Key,
        UpdateExpression,
        ReturnValues,
        ...valuesOf(values),
        ...extra,
      }),
    );
  const remove = key.map((Key) =>
    call('DeleteItem', { TableName: TABLE, Key, ReturnValues: 'ALL_OLD', ReturnConsumedCapacity: 'TOTAL' }),
  );
  const get = fc.tuple(key, fc.option(path), more).map(([Key, ProjectionExpression, extra]) =>
    call('GetItem', {
      TableName: TABLE,
      Key,
      ...(ProjectionExpression === null ? {} : { ProjectionExpression }),
      ...extra,
    }),
  );
  const query = fc
    .record({
      id: partition,
      bound,
      filter: fc.option(condition),
      Limit: fc.option(fc.integer({ min: 1, max: 5 })),
      start: fc.option(sortKey[type], { freq: 4 }),
      ScanIndexForward: fc.boolean(),
    })
    .map(({ id, bound: range, filter, Limit, start, ScanIndexForward }) =>
      call('Query', {
        TableName: TABLE,
        KeyConditionExpression: `id = :id${range.text}`,
        ...(filter === null ? {} : { FilterExpression: filter.text }),
        ...valuesOf({ ':id': id }, range.values, filter?.values ?? {}),
        // DynamoDB Local calls a page that ends at a bound of the condition the last one, and refuses to continue.
        ...(Limit === null || range.text !== '' ? {} : { Limit }),
        ...(start === null || range.text !== '' ? {} : { ExclusiveStartKey: { id, sk: start } }),
        ScanIndexForward,
      }),
    );
  const scan = condition.map(({ text: FilterExpression, values }) =>
    call('Scan', { TableName: TABLE, FilterExpression, ...valuesOf(values) }),
  );
  return fc.oneof(
    { weight: 5, arbitrary: put },
    { weight: 5, arbitrary: change },
    { weight: 1, arbitrary: remove },
    { weight: 2, arbitrary: get },
    { weight: 4, arbitrary: query },
    { weight: 1, arbitrary: scan },
  );
}

/** Scripts of calls on one new table with a sort key of a random type. */
export const randomScript: fc.Arbitrary<Script> = fc
  .constantFrom<KeyType>('N', 'S', 'B')
  .chain((type) =>
    fc.tuple(fc.constant(type), fc.array(calls(type), { minLength: 5, maxLength: 40, size: 'max' })),
  )
  .map(([type, made]) => [
    call('CreateTable', {
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'N' },
        { AttributeName: 'sk', AttributeType: type },
      ],
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
    ...made,
  ]);
