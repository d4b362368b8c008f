import type { SelectStmt } from '@pgsql/types';
import { locationOf } from '../bind/expr-binder.ts';
import type { Slice } from './slice.ts';
import type { Token } from './tokens.ts';

/** The clauses of a SELECT that begin with a word, in the order in which they stand. */
const CLAUSES = ['from', 'where', 'group', 'having', 'window', 'order', 'limit', 'offset', 'fetch'] as const;
export type Clause = (typeof CLAUSES)[number];

/** Where a SELECT and its clauses stand, as positions of tokens in its slice. */
export interface SelectClauses {
  /** The word SELECT. A WITH in front of it is not included. */
  readonly select: number;
  /** The last token. */
  readonly last: number;
  /** The first word of each clause that is there. */
  readonly at: ReadonlyMap<Clause, number>;
}

/** Returns where a plain SELECT stands, which is no VALUES and no UNION. */
export function clausesOf(stmt: SelectStmt, slice: Slice): SelectClauses {
  const { tokens } = slice;
  const anchor = slice.tokenIndexAt(locationOf(stmt.targetList?.[0]));
  const select = leftwards(tokens, anchor, (t) => t.kind === 'word' && t.value === 'select');
  const at = new Map<Clause, number>();
  let depth = 0;
  let last = tokens.length - 1;
  for (let i = anchor; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (opens(token)) depth++;
    else if (closes(token)) {
      if (depth === 0) {
        last = i - 1;
        break;
      }
      depth--;
    }
    if (depth > 0 || token.kind !== 'word') continue;
    if (['union', 'intersect', 'except'].includes(token.value)) {
      last = i - 1;
      break;
    }
    const clause = CLAUSES.find((c) => c === token.value);
    if (clause !== undefined && !at.has(clause) && !belongsToExpression(tokens, i)) at.set(clause, i);
  }
  return { select, last, at };
}

/** Returns the last token of a clause. */
export function endOf(clause: Clause, { at, last }: SelectClauses): number {
  const begin = at.get(clause)!;
  return Math.min(last, ...[...at.values()].filter((i) => i > begin).map((i) => i - 1));
}

/** `IS DISTINCT FROM` and `WITHIN GROUP` hold words that begin clauses. */
function belongsToExpression(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.value;
  return tokens[i]!.value === 'from'
    ? before === 'distinct'
    : tokens[i]!.value === 'group' && before === 'within';
}

/** Returns the nearest token to the left of `from`, outside brackets that close on the way, for which `test` holds. */
export function leftwards(tokens: readonly Token[], from: number, test: (t: Token) => boolean): number {
  let depth = 0;
  for (let i = from - 1; i >= 0; i--) {
    const token = tokens[i]!;
    if (depth === 0 && test(token)) return i;
    if (closes(token)) depth++;
    else if (opens(token)) depth--;
  }
  throw new Error('the word is not there');
}

/** Returns the bracket that closes the one at `open`. */
export function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (opens(tokens[i]!)) depth++;
    else if (closes(tokens[i]!) && --depth === 0) return i;
  }
  throw new Error('the bracket is not closed');
}

function opens({ raw }: Token): boolean {
  return raw === '(' || raw === '[';
}
function closes({ raw }: Token): boolean {
  return raw === ')' || raw === ']';
}
