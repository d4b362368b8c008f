import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castDatum } from '../../src/values/cast.ts';
import { canonicalNumber } from '../../src/values/json-number.ts';
import { SqlValueError } from '../../src/values/sql-error.ts';
import * as T from '../../src/values/types.ts';
import type { SqlType } from '../../src/values/types.ts';
import { literal, openPostgres, type Postgres } from '../functions/support/postgres.ts';
import { randomFrom, type Random } from '../functions/support/random.ts';

const SEED = Number(process.env['FRESHET_FUZZ_SEED'] ?? 7);
const TEXTS_PER_TYPE = Number(process.env['FRESHET_FUZZ_TEXTS'] ?? 400);

/** Makes texts of a type: each starts as one of `texts`; random edits insert `parts` and remove characters. */
interface Grammar {
  readonly type: SqlType;
  readonly texts: readonly string[];
  readonly parts: readonly string[];
}

const DIGITS = [...'0123456789', '00', '1', '9', '-', '+', '.', ' ', 'e', 'E'];
const CLOCK = [
  ...'0123456789',
  ':',
  ':',
  '.',
  ' ',
  '-',
  '+',
  '/',
  ',',
  'T',
  'Z',
  'z',
  'AM',
  'pm',
  '24',
  '60',
  '59',
];
const DATES = [
  '2026-03-15',
  '2024-02-29',
  '1999-12-31',
  '0001-01-01',
  '2026-3-5',
  '2026/03/15',
  '2026-03-15 10:20:30.123456',
  '2026-03-15T10:20:30Z',
  '2026-03-15 10:20:30+02',
  '2026-03-15 10:20:30-03:30',
  '2026-03-15 24:00:00',
];
const GRAMMARS: readonly Grammar[] = [
  {
    type: T.BOOLEAN,
    texts: ['true', 'FALSE', 'yes', 'no', 'on', 'off', '1', '0', ' t '],
    parts: [...'truefalsyno10 '],
  },
  { type: T.SMALLINT, texts: ['0', '-32768', '32767', ' 12 ', '+7'], parts: DIGITS },
  { type: T.INTEGER, texts: ['2147483647', '-2147483648', '42'], parts: DIGITS },
  { type: T.BIGINT, texts: ['9223372036854775807', '-9223372036854775808', '12345678901'], parts: DIGITS },
  { type: T.NUMERIC, texts: ['12.34', '-0.001', '1e10', '.5', '5.', '1.5e-3'], parts: DIGITS },
  {
    type: T.REAL,
    texts: ['1.5', '16777217', '1e38', '3.4028235e38', '1e-45', 'NaN', '-inf', '0.1'],
    parts: DIGITS,
  },
  { type: T.DOUBLE, texts: ['1.5', '1e308', '5e-324', 'Infinity', '-inf', '0.1'], parts: DIGITS },
  { type: T.DATE, texts: DATES, parts: CLOCK },
  { type: T.TIMESTAMP, texts: DATES, parts: CLOCK },
  { type: T.TIMESTAMPTZ, texts: DATES, parts: CLOCK },
  {
    type: T.TIME,
    texts: ['10:20:30', '23:59:59.999999', '24:00:00', '10:20', '10:20 PM'],
    parts: CLOCK,
  },
  {
    type: T.INTERVAL,
    texts: [
      '1 day',
      '2 hours 30 minutes',
      '1-2',
      '01:30:00',
      '1 12:00',
      '-1 year 2 mons',
      '1.5 days',
      'P1DT2H',
      '1 week ago',
    ],
    parts: [
      ...'0123456789',
      ' ',
      ' 1',
      '-',
      '+',
      '.',
      ':',
      'day',
      'd',
      'h',
      'm',
      's',
      'mon',
      'y',
      'w',
      ' ago',
      '@',
      'P',
      'T',
      'ms',
    ],
  },
  { type: T.BYTEA, texts: ['abc', '\\x0aff', '\\\\', '\\001', ''], parts: [...'abx01789 \\', '\\x', 'é'] },
  {
    type: T.JSONB,
    texts: ['{"a":1}', '[1,2.50,"x"]', 'null', '"\\u00e9"', '1e5', '{"b":[],"a":{}}', '-0'],
    parts: [...'{}[]",:012.e-+ \\abu', 'null', 'true', '"a"', '\\n'],
  },
  {
    type: T.arrayOf(T.INTEGER),
    texts: ['{1,2}', '{}', '{NULL,3}', ' { 1 , 2 } '],
    parts: [...'{}, 012"', 'NULL', '\\'],
  },
  {
    type: T.arrayOf(T.VARCHAR),
    texts: ['{a,b}', '{"a b",c}', '{}', '{"\\"",NULL}', '{"",null}'],
    parts: [...'{}, ab"', 'NULL', '\\'],
  },
];

/** Returns a text of the grammar after up to three random edits. */
function bent({ texts, parts }: Grammar, random: Random): string {
  let text = random.pick(texts);
  for (let edits = random.int(0, 3); edits > 0; edits--) {
    const at = random.int(0, text.length);
    const removed = random.int(0, 1);
    text = text.slice(0, at) + (random.int(0, 2) > 0 ? random.pick(parts) : '') + text.slice(at + removed);
  }
  return text;
}

function ours(text: string, type: SqlType): string {
  try {
    return String(castDatum(castDatum(text, T.UNKNOWN, type), type, T.VARCHAR));
  } catch (error) {
    if (error instanceof SqlValueError) return '!';
    throw error;
  }
}

/** PostgreSQL's result in Freshet's form: without trailing zeros of NUMERIC, also within jsonb; '!' for an error. */
function theirs(result: string | null, type: SqlType): string {
  if (result === null || result.startsWith('!')) return '!';
  if (type.kind === 'numeric' && /^[-\d.]{1,100}$/.test(result)) return canonicalNumber(result);
  if (type.kind === 'jsonb') return ours(result, type);
  return result === '-0' ? '0' : result; // Freshet has no negative zero
}

/**
 * Whether PostgreSQL's value lies outside Freshet's types: NUMERIC has 28 digits and no infinities, arrays have the
 * dimensions of their type, and timestamps are exact to the microsecond in years 1684 to 2255, and to the millisecond
 * in others.
 */
function isBeyondOurs(value: string, type: SqlType, mine: string): boolean {
  if (type.kind === 'numeric') return value.replace(/\D/g, '').length > 28 || /[a-z]/i.test(value);
  if (type.kind === 'timestamp' || type.kind === 'timestamptz') {
    const year = Number(/^(\d{4,})-/.exec(value)?.[1]);
    const toTheMillisecond = (text: string): string => text.replace(/(\.\d{3})\d+/, '$1');
    return (year < 1684 || year > 2255) && toTheMillisecond(value) === toTheMillisecond(mine);
  }
  return type.kind === 'array' && mine === '!' && (value.startsWith('{{') || value === '{}');
}

/** Types of which Freshet accepts fewer spellings than PostgreSQL; the spellings that it accepts mean the same. */
const READS_FEWER: readonly SqlType[] = [T.DATE, T.TIME, T.TIMESTAMP, T.TIMESTAMPTZ, T.INTERVAL];
/** Freshet applies an offset in the text of a TIMESTAMP; PostgreSQL ignores it unless it reads a TIMESTAMPTZ. */
const castOf = (type: SqlType): string =>
  type.kind === 'timestamp' ? 'timestamptz::timestamp' : T.typeName(type);

let pg: Postgres;
beforeAll(async () => {
  pg = await openPostgres();
});
afterAll(() => pg.close());

describe('a text of the type is accepted or refused, and read, as in PostgreSQL', () => {
  it.each(GRAMMARS.map((grammar) => [T.typeName(grammar.type), grammar] as const))(
    '%s',
    async (_, grammar) => {
      const random = randomFrom(SEED);
      const texts = new Set(grammar.texts);
      while (texts.size < TEXTS_PER_TYPE) {
        texts.add(bent(grammar, random).replace(/(e[+-]?\d{3})\d+/i, '$1')); // the limits of exponents differ
      }
      const all = [...texts];
      const answers = await pg.ask(all.map((text) => `${literal(text)}::${castOf(grammar.type)}`));
      const differences = all.flatMap((text, i) => {
        const expected = theirs(answers[i]!, grammar.type);
        const mine = ours(text, grammar.type);
        const mayRefuse = READS_FEWER.includes(grammar.type) && !grammar.texts.includes(text);
        return mine === expected || (mine === '!' && mayRefuse) || isBeyondOurs(expected, grammar.type, mine)
          ? []
          : [`${JSON.stringify(text)} is ${expected}, not ${mine}`];
      });
      expect(differences).toEqual([]);
    },
  );
});
