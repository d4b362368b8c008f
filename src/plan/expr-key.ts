import type { Datum } from '../values/datum.ts';
import { typeName } from '../values/types.ts';
import { children } from './expr.ts';
import type { Expr } from './expr.ts';

const keys = new WeakMap<Expr, string>();
const sizes = new WeakMap<Expr, number>();
const depths = new WeakMap<Expr, number>();

/** Returns a text that is equal for expressions of the same structure, wherever they were written. */
export function exprKey(e: Expr): string {
  let key = keys.get(e);
  if (key === undefined) {
    key = `${head(e)}(${children(e).map(exprKey).join(',')})`;
    keys.set(e, key);
  }
  return key;
}

/** Returns whether two expressions have the same structure, wherever they were written. */
export function sameExpr(a: Expr, b: Expr): boolean {
  return exprKey(a) === exprKey(b);
}

/** Returns how many nodes the expression has as a tree; a shared sub-expression counts each time. */
export function exprSize(e: Expr): number {
  let size = sizes.get(e);
  if (size === undefined) {
    size = 1;
    for (const child of children(e)) size += exprSize(child);
    sizes.set(e, size);
  }
  return size;
}

/** Returns how deeply the expression is nested; 1 for a leaf. */
export function exprDepth(e: Expr): number {
  let depth = depths.get(e);
  if (depth === undefined) {
    depth = 1 + children(e).reduce((max, c) => Math.max(max, exprDepth(c)), 0);
    depths.set(e, depth);
  }
  return depth;
}

function head(e: Expr): string {
  switch (e.kind) {
    case 'column':
      return `$${e.index}`;
    case 'const':
      return `${typeName(e.type)}:${datumKey(e.value)}`;
    case 'call':
      return e.fn.id;
    case 'compare':
      return e.op;
    case 'cast':
      return `::${typeName(e.type)}`;
    case 'in_list':
      return `in[${e.values.map(datumKey).join(',')},${e.hasNull}]`;
    default:
      return e.kind;
  }
}

/** Returns a text that is equal for identical datums of one type. */
export function datumKey(value: Datum): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return `[${(value as readonly Datum[]).map(datumKey).join(',')}]`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  return JSON.stringify(value);
}
