import type { SqlType } from '../../values/types.ts';
import { sameDatum } from '../../values/identity.ts';
import type { Datum } from '../../values/datum.ts';
import type { Layout } from '../column.ts';
import { layoutOf } from '../column.ts';
import type { CodeBuilder } from './builder.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { Reg } from './reg.ts';

/** The arrays of one Column, hoisted into constants before a row loop. */
export interface ColumnCode {
  readonly type: SqlType;
  readonly layout: Layout;
  readonly nullable: boolean;
  readonly nulls: string;
  readonly v: string;
  readonly w: string;
  readonly f1: string;
  readonly f2: string;
  readonly big: string;
  readonly refs: string;
}

/**
 * Emits constants for the arrays of a column. They are valid until it grows. `column` is code that yields the Column.
 */
export function hoistColumn(b: CodeBuilder, column: string, type: SqlType, nullable: boolean): ColumnCode {
  const layout = layoutOf(type);
  const c = b.fresh('c');
  const code: ColumnCode = {
    type,
    layout,
    nullable,
    nulls: `${c}n`,
    v: `${c}v`,
    w: `${c}w`,
    f1: `${c}f`,
    f2: `${c}g`,
    big: `${c}b`,
    refs: `${c}r`,
  };
  const parts = [`${c}=${column}`];
  if (nullable) parts.push(`${code.nulls}=${c}.nulls`);
  if (layout === 'ref') parts.push(`${code.refs}=${c}.refs`);
  else if (layout === 'i64') parts.push(`${code.w}=${c}.w`);
  else if (layout === 'f64') parts.push(`${code.v}=${c}.v`, `${code.w}=${c}.w`);
  else parts.push(`${code.v}=${c}.v`);
  if (layout === 'dec') parts.push(`${code.f1}=${c}.f1`, `${code.f2}=${c}.f2`, `${code.big}=${c}.big`);
  b.line(`const ${parts.join(',')};`);
  return code;
}

/** Emits the load of row `i`. */
export function loadColumn(b: CodeBuilder, c: ColumnCode, i: string): Reg {
  const v = b.fresh('v');
  let nul: string | undefined;
  if (c.nullable) {
    nul = b.fresh('n');
    b.line(`const ${nul}=${c.nulls}[${i}];`);
  }
  switch (c.layout) {
    case 'i64':
      b.line(`const ${v}l=${c.w}[2*${i}],${v}h=${c.w}[2*${i}+1];`);
      return { layout: c.layout, nul, v: '', lo: `${v}l`, hi: `${v}h` };
    case 'dec':
      b.line(`const ${v}=${c.v}[${i}],${v}f=${c.f1}[${i}],${v}g=${c.f2}[${i}];`);
      return { layout: c.layout, nul, v, f1: `${v}f`, f2: `${v}g`, big: `${c.big}[${i}]` };
    case 'ref':
      b.line(`const ${v}=${c.refs}[${i}];`);
      return { layout: c.layout, nul, v };
    default:
      b.line(`const ${v}=${c.v}[${i}];`);
      return { layout: c.layout, nul, v };
  }
}

/** Emits the store of a register into row `i`, with zeros for NULL. */
export function storeColumn(x: ExprCompiler, reg: Reg, c: ColumnCode, i: string): void {
  const b = x.b;
  if (c.nullable) b.line(`${c.nulls}[${i}]=${reg.nul ?? '0'};`);
  switch (c.layout) {
    case 'i64': {
      const { lo, hi } = x.asWords(reg);
      b.line(zeroIfNull(reg, `${c.w}[2*${i}]=`, lo));
      b.line(zeroIfNull(reg, `${c.w}[2*${i}+1]=`, hi));
      return;
    }
    case 'dec':
      b.line(zeroIfNull(reg, `${c.v}[${i}]=`, reg.v));
      b.line(zeroIfNull(reg, `${c.f1}[${i}]=`, reg.f1!));
      b.line(zeroIfNull(reg, `${c.f2}[${i}]=`, reg.f2!));
      if (reg.big !== undefined) b.line(`if(${reg.v}!==${reg.v})${c.big}[${i}]=${reg.big};`);
      return;
    case 'ref':
      b.line(`${c.refs}[${i}]=${reg.nul === undefined ? reg.v : `${reg.nul}===1?null:${reg.v}`};`);
      return;
    default:
      b.line(zeroIfNull(reg, `${c.v}[${i}]=`, reg.v));
  }
}

/** Emits the copy of row `j` of `from` into row `i` of `to`. */
export function copyColumn(b: CodeBuilder, to: ColumnCode, i: string, from: ColumnCode, j: string): void {
  if (to.nullable) b.line(`${to.nulls}[${i}]=${from.nullable ? `${from.nulls}[${j}]` : '0'};`);
  switch (to.layout) {
    case 'i64':
      b.line(`${to.w}[2*${i}]=${from.w}[2*${j}];${to.w}[2*${i}+1]=${from.w}[2*${j}+1];`);
      return;
    case 'dec':
      b.line(
        `${to.v}[${i}]=${from.v}[${j}];${to.f1}[${i}]=${from.f1}[${j}];${to.f2}[${i}]=${from.f2}[${j}];`,
      );
      b.line(`if(${to.v}[${i}]!==${to.v}[${i}])${to.big}[${i}]=${from.big}[${j}];`);
      return;
    case 'ref':
      b.line(`${to.refs}[${i}]=${from.refs}[${j}];`);
      return;
    default:
      b.line(`${to.v}[${i}]=${from.v}[${j}];`);
  }
}

function zeroIfNull(reg: Reg, target: string, value: string): string {
  return reg.nul === undefined ? `${target}${value};` : `${target}${reg.nul}===1?0:${value};`;
}

/** Returns code that is true if rows `i` and `j` of a column hold identical values. */
export function sameValue(b: CodeBuilder, c: ColumnCode, i: string, j: string): string {
  const tests: string[] = [];
  if (c.nullable) tests.push(`${c.nulls}[${i}]===${c.nulls}[${j}]`);
  switch (c.layout) {
    case 'i64':
      tests.push(`${c.w}[2*${i}]===${c.w}[2*${j}]`, `${c.w}[2*${i}+1]===${c.w}[2*${j}+1]`);
      break;
    case 'dec':
      // NaN marks a big value, and is not equal to itself.
      tests.push(
        `(${c.v}[${i}]===${c.v}[${j}]&&${c.f1}[${i}]===${c.f1}[${j}]&&${c.f2}[${i}]===${c.f2}[${j}]` +
          `||${c.v}[${i}]!==${c.v}[${i}]&&${c.v}[${j}]!==${c.v}[${j}]&&${c.big}[${i}]===${c.big}[${j}])`,
      );
      break;
    case 'f64':
      tests.push(`(${c.v}[${i}]===${c.v}[${j}]||${c.v}[${i}]!==${c.v}[${i}]&&${c.v}[${j}]!==${c.v}[${j}])`);
      break;
    case 'ref': {
      const type = c.type;
      const same = b.bind((x: Datum, y: Datum) => sameDatum(type, x, y));
      tests.push(`${same}(${c.refs}[${i}],${c.refs}[${j}])`);
      break;
    }
    default:
      tests.push(`${c.v}[${i}]===${c.v}[${j}]`);
  }
  return tests.join('&&');
}
