import type { Script } from './script.ts';

/** An answer without the parts that differ between servers or calls. */
export interface Answer {
  readonly status: number;
  /** Name of the exception; undefined for a success. */
  readonly error?: string;
  readonly body?: unknown;
}

/** Sends one call over HTTP, with a signature that is not checked. */
export async function send(endpoint: string, operation: string, body: object | string): Promise<Answer> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260315T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260315/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const json = (await response.json()) as Record<string, unknown>;
  if (response.status === 200) return { status: 200, body: json };
  const type = String(json['__type']);
  const item = json['Item'];
  return {
    status: response.status,
    error: type.slice(type.lastIndexOf('#') + 1),
    ...(item === undefined ? {} : { body: { Item: item } }),
  };
}

const VARYING = new Set([
  'CreationDateTime',
  'TableId',
  'TableArn',
  'LastUpdateToPayPerRequestDateTime',
  'DeletionProtectionEnabled',
  'LastDecreaseDateTime',
  'LastIncreaseDateTime',
]);
const UNORDERED = new Set(['SS', 'NS', 'BS', 'AttributeDefinitions']);

/** Returns a canonical form: members and sets sorted, numbers in one notation, no members of only one server. */
export function comparable(value: unknown, member = ''): unknown {
  if (Array.isArray(value)) {
    const list = value.map((each) => comparable(each, member === 'NS' ? 'N' : ''));
    return UNORDERED.has(member) ? sorted(list) : list;
  }
  if (member === 'N' && typeof value === 'string') return scaled(value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !VARYING.has(name));
  return Object.fromEntries(
    entries.map(([name, each]) => [name, comparable(each, name)]).toSorted(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}

/** Returns a number as digits and a power of ten: DynamoDB Local returns some numbers as they were written. */
function scaled(text: string): string {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${sign === '-' ? '-' : ''}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}

/** Returns an answer to Scan with sorted items, since Scan returns them in the order of their hashes. */
export function unordered(answer: Answer): Answer {
  const body = answer.body as { readonly Items?: readonly unknown[] } | undefined;
  return body?.Items === undefined ? answer : { ...answer, body: { ...body, Items: sorted(body.Items) } };
}

function sorted(list: readonly unknown[]): readonly unknown[] {
  return list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Sends the calls in order to a server without tables, then deletes the tables. Returns the answers. */
export async function run(endpoint: string, script: Script): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const { operation, body } of script) {
    const answer = comparable(await send(endpoint, operation, body)) as Answer;
    answers.push(operation === 'Scan' ? unordered(answer) : answer);
  }
  const { body } = await send(endpoint, 'ListTables', {});
  for (const TableName of (body as { readonly TableNames: readonly string[] }).TableNames) {
    await send(endpoint, 'DeleteTable', { TableName });
  }
  return answers;
}
