import type { Datum } from '../values/datum.ts';
import { bounded } from '../values/size-limit.ts';
import type { SqlType } from '../values/types.ts';
import type { ScalarFunction } from './function.ts';

/** Names of operators in the ids of overloads. Generated code looks functions up by these ids. */
const OPERATOR_IDS: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'divide',
  '%': 'mod',
  '||': 'cat',
  '->': 'json_get',
  '->>': 'json_get_text',
  '#>': 'json_path',
  '#>>': 'json_path_text',
  '@>': 'contains',
  '<@': 'contained',
  '&&': 'overlaps',
  '?': 'has_key',
  '?|': 'has_any_key',
  '?&': 'has_all_keys',
  '~': 'regex_match',
  '~*': 'regex_imatch',
  '!~': 'not_regex_match',
  '!~*': 'not_regex_imatch',
  '~~': 'like',
  '~~*': 'ilike',
  '!~~': 'not_like',
  '!~~*': 'not_ilike',
};

function typeId(type: SqlType): string {
  return type.kind === 'array' ? `${typeId(type.element)}[]` : type.kind;
}

/** Returns the id of an overload, such as `add(bigint,bigint)`. Unary operators are `neg`, `pos` and `bit_not`. */
export function functionId(name: string, args: readonly SqlType[]): string {
  let base = OPERATOR_IDS[name] ?? name;
  if (args.length === 1 && name === '-') base = 'neg';
  if (args.length === 1 && name === '+') base = 'pos';
  if (args.length === 1 && name === '~') base = 'bit_not';
  return `${base}(${args.map(typeId).join(',')})`;
}

interface DefineOptions {
  readonly strict?: boolean;
  readonly check?: ScalarFunction['check'];
}

/** Returns a {@link ScalarFunction.check} of the text argument at position `at`. */
export function checkAt(at: number, check: (text: string) => unknown): NonNullable<ScalarFunction['check']> {
  return (position, value) => {
    if (position === at) check(value as string);
  };
}

/**
 * Defines an overload, strict by default. `impl` takes and returns the JavaScript types of its datums (datum.ts). A
 * text, json or array result that is too long throws 54000. An `impl` whose result can be far longer than its arguments
 * must check the length before it builds the result.
 */
export function define(
  name: string,
  args: readonly SqlType[],
  returns: SqlType,
  impl: (...args: never[]) => Datum,
  options: DefineOptions = {},
): ScalarFunction {
  const isSized = ['varchar', 'jsonb', 'array'].includes(returns.kind);
  const plain = impl as unknown as ScalarFunction['impl'];
  return Object.freeze({
    name,
    id: functionId(name, args),
    args,
    returns,
    strict: options.strict ?? true,
    impl: isSized ? (...values: Datum[]) => bounded(plain(...values)) : plain,
    check: options.check,
  });
}

/**
 * The overloads of a polymorphic function. `derive` returns those that may fit the argument types of a call; none if
 * the types do not suit the function.
 */
export interface Family {
  readonly name: string;
  readonly derive: (args: readonly SqlType[]) => readonly ScalarFunction[];
}

/** Returns the overload of an id from the cache, or makes and caches it: each id is one object. */
export function memo(
  make: () => ScalarFunction,
  id: string,
  cache: Map<string, ScalarFunction>,
): ScalarFunction {
  let fn = cache.get(id);
  if (fn === undefined) {
    fn = make();
    cache.set(id, fn);
  }
  return fn;
}
