import type { Token } from './tokens.ts';

/** Words before JOIN in other dialects. PostgreSQL's parser takes such a word as an alias of the table before it. */
const JOINS: ReadonlyMap<string, string | undefined> = new Map([
  [
    'ASOF',
    'for the latest row of each key, join with a sub-select that has DISTINCT ON (key) ... ORDER BY key, ts DESC',
  ],
  [
    'SEMI',
    'join with a sub-select of the distinct keys: JOIN (SELECT DISTINCT key FROM b) AS b ON a.key = b.key',
  ],
  ['ANTI', 'use LEFT JOIN, and WHERE b.key IS NULL'],
  ['TEMPORAL', 'write a plain JOIN; the view follows both sides'],
  ['LOOKUP', 'write a plain JOIN'],
  ['GLOBAL', 'write a plain JOIN'],
  ['POSITIONAL', 'join on an equality'],
  ['PASTE', 'join on an equality'],
  ['HASH', 'write a plain JOIN'],
  ['MERGE', 'write a plain JOIN'],
  ['BROADCAST', 'write a plain JOIN'],
]);
const JOIN_STARTS = new Set(['JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'OUTER', 'CROSS', 'NATURAL']);
/** Words that begin a clause after a table in other dialects. */
const CLAUSES: ReadonlyMap<string, string | undefined> = new Map([
  ['FINAL', 'a view is always up to date; leave it out'],
  ['NOLOCK', 'leave it out'],
  ['SAMPLE', undefined],
  ['QUALIFY', 'number the rows in a sub-select, and filter in the query around it: WHERE rn <= n'],
  ['PREWHERE', 'use WHERE'],
  ['PIVOT', 'use SUM(CASE WHEN ... END) for each column'],
  ['UNPIVOT', 'write one SELECT for each column, combined with UNION ALL'],
  ['EMIT', 'a view emits every change'],
  ['SETTINGS', 'leave it out'],
  ['MATCH_RECOGNIZE', undefined],
  ['STRAIGHT_JOIN', 'write JOIN'],
]);
const TABLE_STARTS = new Set(['FROM', 'JOIN']);

/** Pairs of words that only other dialects have. */
const PAIRS: ReadonlyMap<string, string> = new Map([
  ['FOR SYSTEM_TIME', 'write a plain JOIN; the view follows both sides'],
  ['IGNORE NULLS', 'leave the NULLs out: first_value(x ORDER BY y) FILTER (WHERE x IS NOT NULL)'],
  ['RESPECT NULLS', 'leave it out'],
]);

/** A keyword of another dialect that PostgreSQL's parser takes as an alias, or refuses without saying why. */
export interface ForeignKeyword {
  readonly token: Token;
  /** The clause, for a message: `ASOF JOIN`. */
  readonly clause: string;
  readonly hint: string | undefined;
}

/** Returns the first foreign keyword of a query. A word after AS or in quotes is a name. */
export function foreignKeyword(tokens: readonly Token[]): ForeignKeyword | undefined {
  const word = (i: number): string => tokens[i]?.raw.toUpperCase() ?? '';
  const isBehindTable = (i: number): boolean => TABLE_STARTS.has(word(startOfName(word, i - 1) - 1));
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    const name = word(i);
    const asName = `to use the word as a name, write AS ${token.raw}`;
    const withName = (hint: string | undefined): string =>
      hint === undefined ? asName : `${hint}; ${asName}`;
    const pair = `${name} ${word(i + 1)}`;
    if (PAIRS.has(pair)) return { token, clause: pair, hint: PAIRS.get(pair) };
    if (JOINS.has(name) && JOIN_STARTS.has(word(i + 1)) && isTable(word(i - 1))) {
      return { token, clause: `${name} JOIN`, hint: withName(JOINS.get(name)) };
    }
    if (name === 'PARTITION' && word(i + 1) === '(' && isBehindTable(i)) {
      return { token, clause: 'PARTITION (...) of a table', hint: withName('use WHERE') };
    }
    if (CLAUSES.has(name) && isBehindTable(i)) {
      return { token, clause: name, hint: withName(CLAUSES.get(name)) };
    }
  }
  return undefined;
}

/** Returns whether a table can end with this token. After AS, a comma or a keyword, the next word is a name. */
function isTable(word: string): boolean {
  return word === ')' || (/^(?:[A-Z_"\u0080-\uffff])/.test(word) && !NOT_TABLES.has(word));
}
const NOT_TABLES = new Set(['AS', 'FROM', 'JOIN', 'ONLY', 'LATERAL', 'SELECT', 'WHERE', 'ON']);

/** Returns the index of the first token of the dotted name that ends at `i`. */
function startOfName(word: (i: number) => string, i: number): number {
  return word(i - 1) === '.' ? startOfName(word, i - 2) : i;
}
