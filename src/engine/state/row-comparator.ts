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

/** Returns a number less than, equal to or greater than 0 as row `a` sorts before, with or after row `b`. */
export type CompareSlots = (a: number, b: number) => number;

/**
 * Returns a comparator for rows (by slot) of the given columns. It compares key by key, and then by identity, which
 * tells `1.10` from `1.1` in jsonb: 0 means that the keys are identical. With `equal`, 0 means that the keys are equal.
 * It is one generated function, since each step of each search calls it.
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
      // compareNumber gives NaN its place in the order.
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
      // Values compare limb by limb; NaN marks those without limbs.
      b.line(`${v}if(x===x&&y===y){${byOrder('x', 'y')}`);
      b.line(`const F=${c}.f1,f=F[a],g=F[b];${byOrder('f', 'g')}`);
      b.line(`const H=${c}.f2,h=H[a],k=H[b];${byOrder('h', 'k')}}else{${bySlow(slow())}}`);
      return;
    case 'ref':
      b.line(bySlow(slow()));
  }
}
