import type { Node } from '@pgsql/types';
import { ParseFailure, parseExpression } from '../parser.ts';
import type { Slice } from './slice.ts';
import type { Token } from './tokens.ts';

/** Positions of the first and the last token of a part of a slice. */
export interface TokenRange {
  readonly first: number;
  readonly last: number;
}

/** Brackets around an operand, and tokens behind the last one that has a location (`)`, END, a type's words). */
const MAX_BEFORE = 6;
const MAX_BEHIND = 24;

/**
 * Returns the tokens of an expression without brackets around it. PostgreSQL's parser tells only where nodes begin, so
 * the shortest run of tokens around the node's locations is taken that parses to an equal node.
 */
export function rangeOf(node: Node, slice: Slice): TokenRange {
  const { tokens } = slice;
  const places = locationsIn(node).map((location) => slice.tokenIndexAt(location));
  const from = Math.min(...places);
  const to = Math.max(...places);
  const wanted = shapeOf(node);
  for (let first = from; first >= 0 && first >= from - MAX_BEFORE; first--) {
    if (first < from && tokens[first]!.raw !== '(') break;
    for (let last = to; last < tokens.length && last <= to + MAX_BEHIND; last++) {
      if (!isBalanced(tokens, first, last)) continue;
      if (parses(slice, { first, last }, wanted)) return { first, last };
    }
  }
  throw new Error(`the text of ${wanted} is not found`);
}

function parses(slice: Slice, { first, last }: TokenRange, wanted: string): boolean {
  const text = slice.source.text.slice(slice.tokens[first]!.start, slice.tokens[last]!.end);
  try {
    return shapeOf(parseExpression(text)) === wanted;
  } catch (e) {
    if (e instanceof ParseFailure) return false;
    throw e;
  }
}

function isBalanced(tokens: readonly Token[], first: number, last: number): boolean {
  let depth = 0;
  for (let i = first; i <= last; i++) {
    const { raw } = tokens[i]!;
    if (raw === '(' || raw === '[') depth++;
    else if ((raw === ')' || raw === ']') && --depth < 0) return false;
  }
  return depth === 0;
}

const PLACES: ReadonlySet<string> = new Set([
  'location',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
]);

/** Returns a text that is equal for nodes that differ only in their places. */
export function shapeOf(node: unknown): string {
  return JSON.stringify(node, (key, value: unknown) => (PLACES.has(key) ? undefined : value));
}

function locationsIn(part: unknown): number[] {
  if (Array.isArray(part)) return part.flatMap(locationsIn);
  if (part === null || typeof part !== 'object') return [];
  return Object.entries(part).flatMap(([key, value]) =>
    key === 'location' && typeof value === 'number' && value >= 0 ? [value] : locationsIn(value),
  );
}
