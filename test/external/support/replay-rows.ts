/**
 * Parses a row that `freshet replay` prints. Numbers of the row become their decimal text, since a double would lose
 * digits; lists and objects are parsed as JSON.
 */
export function parseRow(line: string): Record<string, unknown> {
  const row = JSON.parse(line) as Record<string, unknown>;
  const exact = JSON.parse(
    line.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    ),
  ) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? exact[name] : value]),
  );
}

/** DynamoDB's attribute values, of the types that profiles use. */
type AttributeValue =
  | { readonly N: string }
  | { readonly S: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Readonly<Record<string, AttributeValue>> };

export interface ParsedItem {
  readonly values: Readonly<Record<string, unknown>>;
  /** DynamoDB type (`N`, `S`, ...) by attribute name. */
  readonly types: Readonly<Record<string, string>>;
}

/** Parses an item in DynamoDB's JSON. */
export function parseItem(line: string): ParsedItem {
  const item = JSON.parse(line) as Record<string, AttributeValue>;
  const entries = Object.entries(item);
  return {
    values: Object.fromEntries(entries.map(([name, value]) => [name, plain(value, true)])),
    types: Object.fromEntries(entries.map(([name, value]) => [name, Object.keys(value).join()])),
  };
}

function plain(value: AttributeValue, top: boolean): unknown {
  if ('N' in value) return top ? value.N : Number(value.N);
  if ('S' in value) return value.S;
  if ('BOOL' in value) return value.BOOL;
  if ('NULL' in value) return null;
  if ('L' in value) return value.L.map((v) => plain(v, false));
  return Object.fromEntries(Object.entries(value.M).map(([name, v]) => [name, plain(v, false)]));
}
