import type { Node, TypeName } from '@pgsql/types';
import {
  BIGINT,
  BOOLEAN,
  BYTEA,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  REAL,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
  arrayOf,
} from '../../values/types.ts';
import type { IntervalField } from '../../values/interval.ts';
import type { SqlType } from '../../values/types.ts';
import type { Span } from '../../plan/expr.ts';
import { didYouMean } from '../did-you-mean.ts';
import { failure, unsupported } from '../failure.ts';

/** Types by the names that PostgreSQL's grammar gives them. It has already turned INT into int4, for example. */
const TYPES: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['bool', BOOLEAN],
  ['boolean', BOOLEAN],
  ['int2', SMALLINT],
  ['smallint', SMALLINT],
  ['int4', INTEGER],
  ['int', INTEGER],
  ['integer', INTEGER],
  ['int8', BIGINT],
  ['bigint', BIGINT],
  ['numeric', NUMERIC],
  ['decimal', NUMERIC],
  ['float4', REAL],
  ['real', REAL],
  ['float8', DOUBLE],
  ['double', DOUBLE],
  ['float', DOUBLE],
  ['varchar', VARCHAR],
  ['text', VARCHAR],
  ['string', VARCHAR],
  ['bytea', BYTEA],
  ['date', DATE],
  ['time', TIME],
  ['timestamp', TIMESTAMP],
  ['timestamptz', TIMESTAMPTZ],
  ['interval', INTERVAL],
  ['jsonb', JSONB],
]);

/** Types that RisingWave refuses as well, each with what to write instead. */
const REFUSED: ReadonlyMap<string, { name: string; hint: string }> = new Map([
  ['bpchar', { name: 'CHAR', hint: 'use VARCHAR' }],
  ['char', { name: 'CHAR', hint: 'use VARCHAR' }],
  ['uuid', { name: 'UUID', hint: 'use VARCHAR' }],
  ['json', { name: 'JSON', hint: 'use JSONB' }],
  ['timetz', { name: 'TIME WITH TIME ZONE', hint: 'use TIME' }],
  ['bit', { name: 'BIT', hint: 'use VARCHAR or BYTEA' }],
  ['varbit', { name: 'BIT VARYING', hint: 'use VARCHAR or BYTEA' }],
  ['money', { name: 'MONEY', hint: 'use NUMERIC' }],
  ['datetime', { name: 'DATETIME', hint: 'use TIMESTAMP, or TIMESTAMPTZ for an instant' }],
  ['tinyint', { name: 'TINYINT', hint: 'use SMALLINT' }],
  ['mediumint', { name: 'MEDIUMINT', hint: 'use INT' }],
  ['int64', { name: 'INT64', hint: 'use BIGINT' }],
  ['int32', { name: 'INT32', hint: 'use INT' }],
  ['long', { name: 'LONG', hint: 'use BIGINT' }],
  ['float64', { name: 'FLOAT64', hint: 'use DOUBLE PRECISION' }],
  ['float32', { name: 'FLOAT32', hint: 'use REAL' }],
  ['number', { name: 'NUMBER', hint: 'use NUMERIC' }],
  ['bytes', { name: 'BYTES', hint: 'use BYTEA' }],
]);

const NO_NUMBERING = 'rows are not numbered: let the producer send the id, as BIGINT or VARCHAR';

/** Types of other dialects, each with what to write instead. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['serial', NO_NUMBERING],
  ['bigserial', NO_NUMBERING],
  ['smallserial', NO_NUMBERING],
  ['nvarchar', 'use VARCHAR'],
  ['clob', 'use VARCHAR'],
  ['datetime', 'use TIMESTAMP, or TIMESTAMPTZ for instants'],
  ['datetime2', 'use TIMESTAMP, or TIMESTAMPTZ for instants'],
  ['tinyint', 'use SMALLINT'],
  ['long', 'use BIGINT'],
  ['number', 'use NUMERIC, or BIGINT'],
  ['blob', 'use BYTEA'],
]);

/** Names of types as people write them, for "did you mean". */
const WRITTEN = [
  'boolean',
  'smallint',
  'int',
  'integer',
  'bigint',
  'numeric',
  'decimal',
  'real',
  'float',
  'double precision',
  'varchar',
  'text',
  'bytea',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'jsonb',
];

/** Returns the type that a TypeName node means. The unit of an interval literal (`INTERVAL '1' DAY`) is ignored. */
export function bindTypeName(node: TypeName, span: Span): SqlType {
  const parts = (node.names ?? []).map((n) => ('String' in n ? (n.String.sval ?? '') : ''));
  const name = parts[parts.length - 1] ?? '';
  if (node.setof === true || node.pct_type === true) throw failure('42704', 'this is not a type', span);
  const refused = REFUSED.get(name);
  if (refused !== undefined) throw unsupported(`type ${refused.name}`, span, refused.hint);
  const type = TYPES.get(name);
  if (type === undefined || (parts.length > 1 && parts[0] !== 'pg_catalog')) {
    throw failure(
      '42704',
      `type "${name}" does not exist`,
      span,
      ELSEWHERE.get(name) ?? didYouMean(name, WRITTEN),
    );
  }
  if (node.typmods !== undefined && type.kind !== 'interval') {
    const written = name === 'numeric' ? 'DECIMAL' : name.toUpperCase();
    throw unsupported(
      `${written} with a length or precision`,
      span,
      `write ${written} alone; it holds ${type.kind === 'varchar' || type.kind === 'numeric' ? 'any length and scale' : 'microseconds'}`,
    );
  }
  return (node.arrayBounds ?? []).reduce<SqlType>((element) => arrayOf(element), type);
}

/** `INTERVAL_MASK` bits of PostgreSQL's grammar for single fields. */
const INTERVAL_FIELDS: ReadonlyMap<number, IntervalField> = new Map([
  [4, 'year'],
  [2, 'month'],
  [8, 'day'],
  [1024, 'hour'],
  [2048, 'minute'],
  [4096, 'second'],
]);

/** Returns the unit of `INTERVAL '1' DAY`; undefined if the literal has none outside its quotes. */
export function intervalField(node: TypeName, span: Span): IntervalField | undefined {
  const [mask, ...more] = node.typmods ?? [];
  if (mask === undefined) return undefined;
  const field = INTERVAL_FIELDS.get(integerConst(mask) ?? 0);
  if (field === undefined || more.length > 0) {
    throw unsupported(
      'this form of interval',
      span,
      "write the units inside the quotes: INTERVAL '1 day 2 hours'",
    );
  }
  return field;
}

/** Returns the value of an integer constant node; undefined for other nodes. The parser omits a zero. */
export function integerConst(node: Node): number | undefined {
  return 'A_Const' in node && node.A_Const.ival !== undefined ? (node.A_Const.ival.ival ?? 0) : undefined;
}
