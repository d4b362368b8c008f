import { compareDatum, compareNumber } from '../../values/compare.ts';
import { compareIdentity } from '../../values/identity.ts';
import { compareText } from '../../values/compare-text.ts';
import { CodeBuilder } from '../codegen/builder.ts';
import type { Column } from '../column.ts';

export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Negative, zero or positive, as the row in one slot comes before, equals or comes after that in another. */
export type CompareSlots = (a: number, b: number) => number;

/**
 * Compares two rows (by slot) of the same columns, key by key; where all are equal, by how values are written that can
 * be written in several ways, so that 0 stands for the same row. `equal`: without that, so that 0 stands for equal
 * keys.
 * One generated function: it is called per step of each search.
 */
export function rowComparator(
  columns: readonly Column[],
  keys: readonly SortKey[],
  equal = false,
): CompareSlots {
  const b = new CodeBuilder();
  for (const key of keys) emitKey(b, columns[key.column]!, key);
  for (const key of equal ? [] : keys) emitIdentity(b, columns[key.column]!);
  b.line('return 0;');
  return b.build('compareRows', ['a', 'b']);
}

function emitKey(b: CodeBuilder, column: Column, { descending, nullsFirst }: SortKey): void {
  const c = b.bind(column);
  const [before, after] = descending ? [1, -1] : [-1, 1];
  b.line(`{const N=${c}.nulls,p=N[a],q=N[b];if(p===0&&q===0){`);
  emitValues(b, column, { before, after });
  b.line(`}else if(p!==q)return ${nullsFirst ? 'q-p' : 'p-q'};}`);
}

function emitIdentity(b: CodeBuilder, column: Column): void {
  if (column.layout !== 'ref') return;
  const { type } = column;
  const order = (i: number, j: number): number => compareIdentity(type, column.refs[i]!, column.refs[j]!);
  b.line(`{const o=${b.bind(order)}(a,b);if(o!==0)return o;}`);
}

function emitValues(b: CodeBuilder, column: Column, sign: { before: number; after: number }): void {
  const c = b.bind(column);
  const { type, pool } = column;
  const byOrder = (x: string, y: string): string =>
    `if(${x}!==${y})return ${x}<${y}?${sign.before}:${sign.after};`;
  const bySlow = (order: string): string =>
    `const o=${order};if(o!==0)return o<0?${sign.before}:${sign.after};`;
  const slow = (): string =>
    `${b.bind((i: number, j: number) => compareDatum(type, column.get(i)!, column.get(j)!))}(a,b)`;
  const v = `const V=${c}.v,x=V[a],y=V[b];`;
  switch (column.layout) {
    case 'u8':
    case 'i32':
      b.line(`${v}${byOrder('x', 'y')}`);
      return;
    case 'f64':
      // NaN has a place of its own in the order.
      b.line(`${v}if(x!==y){${bySlow(`${b.bind(compareNumber)}(x,y)`)}}`);
      return;
    case 'str': {
      const texts = b.bind((x: number, y: number) => compareText(pool.get(x), pool.get(y)));
      b.line(`${v}if(x!==y){${bySlow(`${texts}(x,y)`)}}`);
      return;
    }
    case 'i64':
      b.line(`const W=${c}.w,x=W[2*a+1],y=W[2*b+1];${byOrder('x', 'y')}`);
      b.line(`const s=W[2*a]>>>0,t=W[2*b]>>>0;${byOrder('s', 't')}`);
      return;
    case 'dec':
      // Values order as their limbs do; NaN marks those that have none.
      b.line(`${v}if(x===x&&y===y){${byOrder('x', 'y')}`);
      b.line(`const F=${c}.f1,f=F[a],g=F[b];${byOrder('f', 'g')}`);
      b.line(`const H=${c}.f2,h=H[a],k=H[b];${byOrder('h', 'k')}}else{${bySlow(slow())}}`);
      return;
    case 'ref':
      b.line(bySlow(slow()));
  }
}
