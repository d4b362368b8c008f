import { isNumber, DOUBLE, REAL, sameType, VARCHAR } from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { ARRAY_FAMILIES, ARRAY_FUNCTIONS } from './array.ts';
import { CONDITIONAL_FAMILIES } from './conditional.ts';
import { DATETIME } from './datetime.ts';
import type { Family } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { JSON_FUNCTIONS } from './json.ts';
import { jsonFamilies } from './json-build.ts';
import { LIKE } from './like.ts';
import { MATH } from './math.ts';
import { REGEXP } from './regexp.ts';
import { selectOverloads } from './resolve.ts';
import { TEXT } from './text.ts';
import { TO_CHAR } from './to-char.ts';

const overloads = new Map<string, ScalarFunction[]>();
const families = new Map<string, Family[]>();

for (const list of [
  ARITHMETIC,
  MATH,
  TEXT,
  LIKE,
  REGEXP,
  DATETIME,
  TO_CHAR,
  JSON_FUNCTIONS,
  ARRAY_FUNCTIONS,
]) {
  for (const fn of list) {
    // Plans and fingerprints of state refer to a function by its id.
    if (overloads.get(fn.name)?.some(({ id }) => id === fn.id) === true)
      throw new Error(`two functions ${fn.id}`);
    put(overloads, fn.name, fn);
  }
}
for (const list of [ARRAY_FAMILIES, CONDITIONAL_FAMILIES, jsonFamilies(JSON_FUNCTIONS)]) {
  for (const family of list) put(families, family.name, family);
}

function put<T>(map: Map<string, T[]>, name: string, item: T): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [item]);
  else list.push(item);
}

/** The overload that a call means, or why there is none. */
export type Resolution =
  | { readonly fn: ScalarFunction }
  | {
      /** `unknown_name`: no such function; `none`: no overload takes these types; `ambiguous`: several do. */
      readonly error: 'unknown_name' | 'none' | 'ambiguous';
      /** For `none`: all overloads of the name. For `ambiguous`: those that fit equally well. */
      readonly candidates: readonly ScalarFunction[];
    };

/** Other names of functions. They resolve to the same overload objects. */
const ALIASES: Readonly<Record<string, string>> = { mod: '%', '~~': 'like', '~~*': 'ilike' };

const FLOAT_MIX = new Set(['+', '-', '*', '/']);

/**
 * Returns the overload that a call with arguments of these types means. An operator is named by its sign; a unary one
 * has one argument. `UNKNOWN` is the type of an untyped literal or a bare NULL. The caller casts each argument to
 * `fn.args[i]`, and reads an untyped literal as that type.
 */
export function resolveFunction(called: string, args: readonly SqlType[]): Resolution {
  const name = ALIASES[called] ?? called;
  const fixed = overloads.get(name) ?? [];
  const derivers = families.get(name) ?? [];
  if (fixed.length === 0 && derivers.length === 0) return { error: 'unknown_name', candidates: [] };
  const operator = !/^[a-z_]/.test(called);
  if (operator && name === '||') {
    const cat = textConcatenation(fixed, args);
    if (cat !== undefined) return { fn: cat };
  }
  const candidates = [...fixed, ...derivers.flatMap((family) => family.derive(args))];
  const found = selectOverloads(candidates, floatMix(name, args), operator);
  if (found.length === 1) return { fn: found[0]! };
  return found.length === 0 ? { error: 'none', candidates } : { error: 'ambiguous', candidates: found };
}

/** Returns DOUBLE for both arguments if REAL meets another number: PostgreSQL has overloads such as `real + double`. */
function floatMix(name: string, args: readonly SqlType[]): readonly SqlType[] {
  const [a, b] = args;
  if (a === undefined || b === undefined || !FLOAT_MIX.has(name) || sameType(a, b)) return args;
  if (!isNumber(a) || !isNumber(b) || (a !== REAL && b !== REAL)) return args;
  return [DOUBLE, DOUBLE];
}

/** Types with a `||` of their own. An untyped literal beside one of them has the same type. */
const CONCATENATES_ITSELF = new Set<SqlType['kind']>(['varchar', 'jsonb', 'bytea', 'array', 'unknown']);

/**
 * Returns the overload of `text || x` for any x that is no array: x is written as text, although there is no implicit
 * cast. An untyped literal is text beside a number, a boolean or a time (`viewer_id || '#'`).
 */
function textConcatenation(
  fixed: readonly ScalarFunction[],
  args: readonly SqlType[],
): ScalarFunction | undefined {
  const [a, b] = args;
  if (a === undefined || b === undefined || args.length !== 2) return undefined;
  const isText = (type: SqlType, beside: SqlType): boolean =>
    type.kind === 'varchar' || (type.kind === 'unknown' && !CONCATENATES_ITSELF.has(beside.kind));
  const other = isText(a, b) ? b : isText(b, a) ? a : undefined;
  if (other === undefined || other.kind === 'array') return undefined;
  return fixed.find((fn) => fn.args.every((type) => type === VARCHAR));
}

/** Returns all names of functions and operators, sorted. */
export function functionNames(): readonly string[] {
  return [...new Set([...overloads.keys(), ...families.keys(), ...Object.keys(ALIASES)])].sort();
}
