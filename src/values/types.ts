/**
 * The SQL types of the engine. Immutable. Scalar types are singletons and compare with `===`; {@link sameType} also
 * compares arrays.
 */
export type ScalarKind =
  | 'boolean'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'numeric'
  | 'real'
  | 'double'
  | 'varchar'
  | 'bytea'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'jsonb';

export interface ScalarType {
  readonly kind: ScalarKind;
}
export interface ArrayType {
  readonly kind: 'array';
  readonly element: SqlType;
}
/** The type of a bare NULL or string literal until its context gives it one. It never occurs in a bound plan. */
export interface UnknownType {
  readonly kind: 'unknown';
}
export type SqlType = ScalarType | ArrayType | UnknownType;

export const BOOLEAN: ScalarType = Object.freeze({ kind: 'boolean' });
export const SMALLINT: ScalarType = Object.freeze({ kind: 'smallint' });
export const INTEGER: ScalarType = Object.freeze({ kind: 'integer' });
export const BIGINT: ScalarType = Object.freeze({ kind: 'bigint' });
export const NUMERIC: ScalarType = Object.freeze({ kind: 'numeric' });
export const REAL: ScalarType = Object.freeze({ kind: 'real' });
export const DOUBLE: ScalarType = Object.freeze({ kind: 'double' });
export const VARCHAR: ScalarType = Object.freeze({ kind: 'varchar' });
export const BYTEA: ScalarType = Object.freeze({ kind: 'bytea' });
export const DATE: ScalarType = Object.freeze({ kind: 'date' });
export const TIME: ScalarType = Object.freeze({ kind: 'time' });
export const TIMESTAMP: ScalarType = Object.freeze({ kind: 'timestamp' });
export const TIMESTAMPTZ: ScalarType = Object.freeze({ kind: 'timestamptz' });
export const INTERVAL: ScalarType = Object.freeze({ kind: 'interval' });
export const JSONB: ScalarType = Object.freeze({ kind: 'jsonb' });
export const UNKNOWN: UnknownType = Object.freeze({ kind: 'unknown' });

export function arrayOf(element: SqlType): ArrayType {
  return Object.freeze({ kind: 'array', element });
}

export function sameType(a: SqlType, b: SqlType): boolean {
  if (a.kind === 'array' && b.kind === 'array') return sameType(a.element, b.element);
  return a.kind === b.kind;
}

const SQL_NAMES: Record<ScalarKind | 'unknown', string> = {
  boolean: 'BOOLEAN',
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  numeric: 'NUMERIC',
  real: 'REAL',
  double: 'DOUBLE PRECISION',
  varchar: 'VARCHAR',
  bytea: 'BYTEA',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  interval: 'INTERVAL',
  jsonb: 'JSONB',
  unknown: 'UNKNOWN',
};

/** Returns a type's SQL name, for messages and rendered SQL. */
export function typeName(type: SqlType): string {
  return type.kind === 'array' ? `${typeName(type.element)}[]` : SQL_NAMES[type.kind];
}

export function isInteger(type: SqlType): boolean {
  return type.kind === 'smallint' || type.kind === 'integer' || type.kind === 'bigint';
}
export function isNumber(type: SqlType): boolean {
  return isInteger(type) || type.kind === 'numeric' || type.kind === 'real' || type.kind === 'double';
}
