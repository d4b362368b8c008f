import type { Column } from '../../engine/column.ts';
import type { StringPool } from '../../engine/text/string-pool.ts';
import type { Field } from '../fields.ts';
import { columnCode, literalCode, nullCode, type Scanned, skipCode, valueCode } from './scan-code.ts';
import { DayCache, POW10, WideInteger } from './scan-runtime.ts';
import type { Shape } from './shape.ts';
import { int } from './source-text.ts';

/**
 * Scans records `from`, `from + 1`, ... into rows `row`, `row + 1`, ... Returns the index of the first record that it
 * did not scan: one of another shape, one with a value that only the exact path can judge, one without a row below
 * `capacity`, or `count`. The record at that index may have left values in its row.
 */
export type Scanner = (
  bytes: Uint8Array,
  view: DataView,
  starts: Int32Array,
  ends: Int32Array,
  from: number,
  count: number,
  row: number,
  capacity: number,
  columns: readonly (Column | undefined)[],
) => number;

/** Functions that a scanner calls for values that it has no code for. */
export interface ScannerCalls {
  /** Reads the value at `at` into row `row` of the field. Returns the position after it, or -1 for the exact path. */
  readonly other: (field: number, row: number, at: number, end: number) => number;
  /** Returns the position after the well-formed value at `at`, or -1. */
  readonly skip: (at: number, end: number) => number;
}

export interface ScannerOptions {
  readonly fields: readonly Field[];
  /** For each field the values that generated code may read; `other` reads the rest. Default: all. */
  readonly scanned: readonly Scanned[];
  readonly pool: StringPool;
  readonly calls: ScannerCalls;
  readonly maxRecordBytes: number;
}

/** Generates the scanner for records of one shape. Throws EvalError if the platform forbids generated code. */
export function compileScanner(shape: Shape, options: ScannerOptions): Scanner {
  const { fields, pool, calls } = options;
  const source = scannerSource(shape, options);
  const days = fields.map(() => new DayCache());
  const build = new Function('pool', 'other', 'skip', 'pow10', 'wide', 'days', source) as (
    ...parts: readonly unknown[]
  ) => Scanner;
  return build(pool, calls.other, calls.skip, POW10, new WideInteger(), days);
}

/** Returns the body of the function that makes the scanner. */
function scannerSource(shape: Shape, { fields, scanned, maxRecordBytes }: ScannerOptions): string {
  const present = new Set(shape.fields);
  const written = fields.flatMap((field, k) => (field.mode === 'write' ? [{ field, k }] : []));
  const last = shape.literals.length - 1;
  const members = shape.fields.map((k) => {
    const field = k < 0 ? undefined : fields[k];
    if (field === undefined || field.mode === 'skip') return skipCode(false, 'skip(s, end)');
    if (field.mode === 'write') return valueCode(field, k, scanned[k] ?? 'all');
    const other = `other(${int(k)}, row, s, end)`;
    return field.type.kind === 'varchar' && scanned[k] !== 'none'
      ? skipCode(true, other)
      : `p = ${other}; if (p < 0) break run;`;
  });
  return `'use strict';
${fields.map((_, k) => `const day${int(k)} = days[${int(k)}];`).join('\n')}
return function scan(b, dv, starts, ends, i, count, row, capacity, columns) {
  ${written.map(({ field, k }) => columnCode(field, k)).join('\n  ')}
  let p = 0, end = 0, s = 0, f = 0, c = 0, d = 0, g = 0, h = 0, q = 0, t = 0, w = 0, x = 0, y = 0, z = 0;
  let e = 0.5, r = 0.5, u = 0.5;
  run: for (; i < count && row < capacity; i++, row++) {
    p = starts[i]; end = ends[i];
    if (end - p > ${int(maxRecordBytes)}) break run;
    ${members.map((code, m) => `${literalCode(shape.literals[m]!, false)}\n${code}`).join('\n')}
    ${literalCode(shape.literals[last]!, true)}
    ${written
      .filter(({ k }) => !present.has(k))
      .map(({ field, k }) => nullCode(field, k))
      .join('\n    ')}
  }
  return i;
};`;
}
