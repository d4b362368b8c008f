import type { Field } from '../fields.ts';
import { fastValueCode } from './scan-values.ts';
import { ANY_QUOTE_ESCAPE_CONTROL, HIGH_BITS, int, word } from './source-text.ts';

/**
 * The functions below return the source text of a scanner's parts. It is safe by construction: the only values put into
 * the text are integers (checked by `int`), so no name or value from SQL or from data can become code.
 *
 * Variables of the generated function: `b` bytes, `dv` a DataView of them; `p` position; `end` end of the record; `s`
 * start of the value; `row` row being written; `f` 1 once the value is read; c d g h q t w x y z scratch integers;
 * e r u scratch doubles.
 * `break run` leaves the loop over records; the exact path then reads the current record.
 */

const NULL_WORD = int(word('null'));

/** Code that compares the bytes at `p` with `literal`, four at a time, and steps over them. `last`: the record ends. */
export function literalCode(literal: Uint8Array, last: boolean): string {
  const n = literal.length;
  const view = new DataView(literal.buffer, literal.byteOffset, n);
  const differs: string[] = [];
  if (n >= 4) {
    for (let i = 0; i + 4 <= n; i += 4)
      differs.push(`dv.getInt32(p + ${int(i)}, true) !== ${int(view.getInt32(i, true))}`);
    if (n % 4 !== 0)
      differs.push(`dv.getInt32(p + ${int(n - 4)}, true) !== ${int(view.getInt32(n - 4, true))}`);
  } else {
    for (let i = 0; i < n; i++) differs.push(`b[p + ${int(i)}] !== ${int(literal[i]!)}`);
  }
  const room = `p + ${int(n)} ${last ? '!==' : '>'} end`;
  return `if (${[room, ...differs].join(' || ')}) break run;\np += ${int(n)};`;
}

/**
 * Code that steps over a well-formed value. Plain strings are scanned here. A string with escapes or bytes beyond ASCII
 * goes to `skip`, or to `other` if `stringOnly`; values of all other kinds go to `other`.
 */
export function skipCode(stringOnly: boolean, other: string): string {
  return `s = p; f = 0;
  if (b[p] === 34) {
    p++;
    while (p < end) {
      w = dv.getInt32(p, true); ${ANY_QUOTE_ESCAPE_CONTROL}
      if (((z | w) & ${HIGH_BITS}) !== 0) break;
      p += 4;
    }
    while (p < end && (c = b[p]) !== 34 && c !== 92 && c >= 32 && c < 128) p++;
    if (p < end && c === 34) { p++; f = 1; }
    ${stringOnly ? '' : 'else { p = skip(s, end); if (p < 0) break run; f = 1; }'}
  }
  if (f === 0) { p = ${other}; if (p < 0) break run; }`;
}

/**
 * The values of a field that generated code may read: those that a writer with forms of its own writes as everybody
 * does. `strings`: only values in quotes.
 */
export type Scanned = 'all' | 'strings' | 'none';

const ONLY_STRINGS = 'if (b[p] !== 34) break value;';

/** Code that reads the value at `p` into its column. `k` is the field's index. */
export function valueCode(field: Field, k: number, scanned: Scanned): string {
  const code = scanned === 'none' ? '' : fastValueCode(field.type.kind, k);
  const fast = scanned === 'strings' ? `${ONLY_STRINGS}\n${code}` : code;
  const nullable = field.notNull
    ? ''
    : `if (dv.getInt32(s, true) === ${NULL_WORD}) { ${nullCode(field, k)} p = s + 4; } else `;
  return `s = p; f = 0;
  value: {
    ${fast}
  }
  if (f === 1) n${int(k)}[row] = 0;
  else { ${nullable}{ p = other(${int(k)}, row, s, end); if (p < 0) break run; } }`;
}

/** Code that makes the field NULL in the row. */
export function nullCode(field: Field, k: number): string {
  const n = `n${int(k)}[row] = 1;`;
  switch (LAYOUT[field.type.kind]) {
    case 'words':
      return `${n} w${int(k)}[2 * row] = 0; w${int(k)}[2 * row + 1] = 0;`;
    case 'limbs':
      return `${n} v${int(k)}[row] = 0; f1_${int(k)}[row] = 0; f2_${int(k)}[row] = 0;`;
    case 'refs':
      return `${n} r${int(k)}[row] = null;`;
    default:
      return `${n} v${int(k)}[row] = 0;`;
  }
}

/** Code that puts a column's arrays into locals. It runs on each call, because a column that grows replaces them. */
export function columnCode(field: Field, k: number): string {
  const column = `columns[${int(field.column)}]`;
  const n = `const n${int(k)} = ${column}.nulls`;
  switch (LAYOUT[field.type.kind]) {
    case 'words':
      return `${n}, w${int(k)} = ${column}.w;`;
    case 'limbs':
      return `${n}, v${int(k)} = ${column}.v, f1_${int(k)} = ${column}.f1, f2_${int(k)} = ${column}.f2;`;
    case 'refs':
      return `${n}, r${int(k)} = ${column}.refs;`;
    default:
      return `${n}, v${int(k)} = ${column}.v;`;
  }
}

const LAYOUT: Readonly<Record<string, 'words' | 'limbs' | 'refs'>> = {
  bigint: 'words',
  numeric: 'limbs',
  bytea: 'refs',
  interval: 'refs',
  jsonb: 'refs',
  array: 'refs',
};
