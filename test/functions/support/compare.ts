import { resolveFunction } from '../../../src/functions/registry.ts';
import { castDatum } from '../../../src/values/cast.ts';
import { canonicalNumber } from '../../../src/values/json-number.ts';
import { SqlValueError } from '../../../src/values/sql-error.ts';
import { typeName, UNKNOWN, VARCHAR } from '../../../src/values/types.ts';
import type { SqlType } from '../../../src/values/types.ts';
import { literal } from './postgres.ts';
import type { Postgres } from './postgres.ts';

/** A typed argument: text null is NULL, and type UNKNOWN makes an untyped literal. */
export interface Arg {
  readonly type: SqlType;
  readonly text: string | null;
}

export interface Call {
  readonly name: string;
  readonly args: readonly Arg[];
  /** Returns the SQL of the call from the SQL of its arguments; by default a function call or an operator. */
  readonly sql?: ((args: readonly string[]) => string) | undefined;
}

export function arg(type: SqlType, text: string | null): Arg {
  return { type, text };
}

function written({ type, text }: Arg): string {
  const value = text === null ? 'NULL' : literal(text);
  return type.kind === 'unknown' ? value : `${value}::${typeName(type)}`;
}

export function sqlOf(call: Call): string {
  const args = call.args.map(written);
  if (call.sql !== undefined) return call.sql(args);
  if (/^[a-z]/.test(call.name)) return `${call.name}(${args.join(', ')})`;
  return args.length === 1 ? `${call.name} ${args[0]!}` : `${args[0]!} ${call.name} ${args[1]!}`;
}

/** Returns Freshet's result type and its text: null for NULL, or `!` and the SQLSTATE if the call fails. */
export function ours(call: Call): { readonly type: SqlType; readonly text: string | null } {
  const resolution = resolveFunction(
    call.name,
    call.args.map((a) => a.type),
  );
  if (!('fn' in resolution)) return { type: VARCHAR, text: `!${resolution.error}` };
  const { fn } = resolution;
  try {
    const values = call.args.map((a, i) => {
      const value = castDatum(a.text, UNKNOWN, a.type);
      return castDatum(value, a.type, fn.args[i]!);
    });
    const result = fn.strict && values.includes(null) ? null : fn.impl(...values);
    return { type: fn.returns, text: castDatum(result, fn.returns, VARCHAR) as string | null };
  } catch (error) {
    if (error instanceof SqlValueError) return { type: fn.returns, text: `!${error.code}` };
    throw error;
  }
}

/** PostgreSQL's SQLSTATEs that Freshet reports differently, including those of a call that does not resolve. */
const SAME_STATE: Record<string, string> = {
  '!22011': '!22023', // substring error
  '!22025': '!22023', // invalid escape sequence
  '!22014': '!22023',
  '!2201G': '!22023', // invalid argument for width_bucket
  '!2202E': '!22023', // array subscript error
  '!22004': '!22030', // null value not allowed
  '!22009': '!22007',
  '!42883': '!none',
  '!42725': '!ambiguous',
};

function normalise(text: string | null, type: SqlType): string | null {
  if (text === null) return null;
  if (text.startsWith('!')) return SAME_STATE[text] ?? text;
  if (type.kind === 'numeric') return canonicalNumber(text);
  // Freshet has no -0: stored beside 0, it would make equal values distinct.
  return text === '-0' ? '0' : text;
}

export interface CompareOptions {
  /** The relative difference that numbers may have (for functions that PostgreSQL computes with fewer digits). */
  readonly tolerance?: number | undefined;
}

function same(mine: string | null, theirs: string | null, options: CompareOptions): boolean {
  if (mine === theirs) return true;
  if (options.tolerance === undefined || mine === null || theirs === null) return false;
  const [a, b] = [Number(mine), Number(theirs)];
  return Math.abs(a - b) <= options.tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-10);
}

/** Asks PostgreSQL all calls in one query. Returns a line for each value, result type or error that differs. */
export async function compareCalls(
  pg: Postgres,
  calls: readonly Call[],
  options: CompareOptions = {},
): Promise<string[]> {
  const sql = calls.map(sqlOf);
  const answers = await pg.ask([...sql, ...sql.map((s) => `pg_typeof(${s})::text`)]);
  const mismatches: string[] = [];
  calls.forEach((call, i) => {
    const mine = ours(call);
    const theirs = normalise(answers[i]!, mine.type);
    if (!same(mine.text, theirs, options)) {
      mismatches.push(`${sql[i]!} = ${String(theirs)}, not ${String(mine.text)}`);
    }
    const type = answers[calls.length + i]!;
    const expected = typeName(mine.type).toLowerCase();
    if (
      type !== null &&
      !type.startsWith('!') &&
      !mine.text?.startsWith('!') &&
      sqlTypeName(type) !== expected
    ) {
      mismatches.push(`${sql[i]!} has type ${type}, not ${expected}`);
    }
  });
  return mismatches;
}

function sqlTypeName(name: string): string {
  return name
    .replace('character varying', 'varchar')
    .replace('text', 'varchar')
    .replace('timestamp without time zone', 'timestamp')
    .replace('timestamp with time zone', 'timestamptz')
    .replace('time without time zone', 'time');
}
