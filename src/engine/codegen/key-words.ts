import type { SqlType } from '../../values/types.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import { layoutOf } from '../column.ts';
import type { ColumnCode } from './column-code.ts';
import { copyColumn } from './column-code.ts';
import { box } from './boxed-calls.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { Reg } from './reg.ts';

/**
 * The layout of group keys as adjacent int32 words: one word for booleans, integers, dates and text ids, two for the
 * bits of a bigint or a double, and last, if a key can be NULL, masks of NULLs with 32 keys each. Numerics, json and
 * arrays are irregular: their word is the id that the operator gave to the value (state/value-dictionary.ts).
 */
export interface KeyWords {
  readonly stride: number;
  /** Per key: its first word. */
  readonly starts: readonly number[];
  /** Position of the first mask of NULLs, or -1. */
  readonly mask: number;
  /**
   * Position of the group's mark: 0, or 1 + the dirty index of a group touched since the last barrier. It lies beside
   * the key, in memory that the probe has just loaded.
   */
  readonly mark: number;
}

/** Returns whether values of a type are irregular: represented by ids. */
export function interned(type: SqlType): boolean {
  const layout = layoutOf(type);
  return layout === 'dec' || layout === 'ref';
}

export function layoutKeyWords(keys: readonly PlanColumn[]): KeyWords {
  const starts: number[] = [];
  let stride = 0;
  for (const k of keys) {
    starts.push(stride);
    const layout = layoutOf(k.type);
    stride += layout === 'i64' || layout === 'f64' ? 2 : 1;
  }
  const mask = keys.some((k) => k.nullable) ? stride : -1;
  if (mask >= 0) stride += masksOf(keys);
  const mark = stride++;
  return { stride, starts, mask, mark };
}

function masksOf(keys: readonly PlanColumn[]): number {
  return Math.ceil(keys.length / 32);
}

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);
/** The high word of NaN; the low one is 0. */
const NAN_HIGH = 0x7ff80000;

/** Emits the bits of a double as two words. All NaNs have the same words. */
export function emitDoubleWords(c: ExprCompiler, v: string): { lo: string; hi: string } {
  const bits = c.b.bind(WORDS);
  const [lo, hi] = [c.b.fresh('v'), c.b.fresh('v')];
  c.b.line(`${c.b.bind(DOUBLE)}[0]=${v};`);
  c.b.line(`const ${lo}=${v}===${v}?${bits}[0]:0,${hi}=${v}===${v}?${bits}[1]:${NAN_HIGH};`);
  return { lo, hi };
}

/** Emits the words of a row's keys; returns their identifiers or literals in order. */
export function emitKeyWords(c: ExprCompiler, keys: readonly PlanColumn[], regs: readonly Reg[]): string[] {
  const b = c.b;
  const words: string[] = [];
  const nulls: string[][] = Array.from({ length: masksOf(keys) }, () => []);
  regs.forEach((reg, k) => {
    const own: string[] = [];
    switch (reg.layout) {
      case 'i64': {
        const { lo, hi } = c.asWords(reg);
        own.push(lo, hi);
        break;
      }
      case 'f64': {
        const { lo, hi } = emitDoubleWords(c, reg.v);
        own.push(lo, hi);
        break;
      }
      case 'dec':
      case 'ref': {
        // NULL has an id as well.
        const number = b.fresh('v');
        b.line(`const ${number}=op.keyDictionaries[${k}].idOf(${box(c, reg)});`);
        words.push(number);
        break;
      }
      default:
        own.push(reg.v);
    }
    for (const word of own) {
      if (reg.nul === undefined && /^[a-z]+[0-9]+[lh]?$/.test(word)) words.push(word);
      else {
        const v = b.fresh('v');
        b.line(`const ${v}=${reg.nul === undefined ? word : `${reg.nul}===1?0:${word}`};`);
        words.push(v);
      }
    }
    if (reg.nul !== undefined) nulls[k >> 5]!.push(`(${reg.nul}<<${k & 31})`);
  });
  if (keys.some((k) => k.nullable)) {
    for (const flags of nulls) {
      const mask = b.fresh('v');
      b.line(`const ${mask}=${flags.length === 0 ? '0' : flags.join('|')};`);
      words.push(mask);
    }
  }
  return words;
}

/** Emits the key columns of output row `row` (code) from the words at `base`. */
export function emitKeyOutput(
  c: ExprCompiler,
  code: {
    outs: readonly ColumnCode[];
    /** By key: for an irregular key, the column of its values by id. */
    irregular: readonly (ColumnCode | undefined)[];
    layout: KeyWords;
    words: string;
    base: string;
    row: string;
  },
): void {
  const { outs, irregular, layout, words, base, row } = code;
  layout.starts.forEach((start, k) => {
    const out = outs[k]!;
    const values = irregular[k];
    if (values !== undefined) {
      const number = c.b.fresh('v');
      c.b.line(`const ${number}=${words}[${base}+${start}];`);
      copyColumn(c.b, out, row, values, number);
      return;
    }
    if (out.nullable) {
      const flag = layout.mask < 0 ? '0' : `(${words}[${base}+${layout.mask + (k >> 5)}]>>${k & 31})&1`;
      c.b.line(`${out.nulls}[${row}]=${flag};`);
    }
    if (out.layout === 'i64' || out.layout === 'f64') {
      c.b.line(
        `${out.w}[2*${row}]=${words}[${base}+${start}];${out.w}[2*${row}+1]=${words}[${base}+${start + 1}];`,
      );
    } else c.b.line(`${out.v}[${row}]=${words}[${base}+${start}];`);
  });
}
