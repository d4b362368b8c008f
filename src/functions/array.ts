import { commonType } from '../values/common-type.ts';
import { compareNullable, datumKey, equalDatum } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { joinTexts } from '../values/size-limit.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { formatDatum } from '../values/text.ts';
import { arrayOf, BOOLEAN, INTEGER, VARCHAR } from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import { define, functionId, memo } from './define.ts';
import type { Family } from './define.ts';
import type { ScalarFunction } from './function.ts';

/** Polymorphic functions of arrays. An overload is made for the element type of each call. */

type Items = readonly Datum[];
const cache = new Map<string, ScalarFunction>();

/**
 * Returns the common element type of a call's arrays ('a' in `shape`) and elements ('e'); undefined if they do not fit,
 * or if no array is given.
 */
function elementType(args: readonly SqlType[], shape: string): SqlType | undefined {
  const types: SqlType[] = [];
  let arrays = 0;
  for (let i = 0; i < shape.length; i++) {
    const arg = args[i]!;
    if (shape[i] === 'a') {
      if (arg.kind === 'array') {
        types.push(arg.element);
        arrays++;
      } else if (arg.kind !== 'unknown') {
        return undefined;
      }
    } else if (shape[i] === 'e') {
      types.push(arg);
    }
  }
  return arrays === 0 ? undefined : commonType(types);
}

/** Returns a family whose arguments are arrays ('a') and elements ('e') of one type, integers ('i') and texts ('t'). */
function family(
  name: string,
  shape: string,
  make: (element: SqlType, args: readonly SqlType[]) => ScalarFunction,
): Family {
  return {
    name,
    derive: (given) => {
      if (given.length !== shape.length) return [];
      const element = elementType(given, shape);
      if (element === undefined) return [];
      const args = Array.from(shape, (c) =>
        c === 'a' ? arrayOf(element) : c === 'e' ? element : c === 'i' ? INTEGER : VARCHAR,
      );
      return [memo(() => make(element, args), functionId(name, args), cache)];
    },
  };
}

const LOOSE = { strict: false } as const;

function containment(
  name: string,
  impl: (has: (x: Datum) => boolean, items: Items) => boolean,
  swap: boolean,
): Family {
  return family(name, 'aa', (element, args) =>
    define(name, args, BOOLEAN, (a: Items, b: Items) => {
      const [all, part] = swap ? [b, a] : [a, b];
      const keys = new Set(all.filter((x) => x !== null).map((x) => datumKey(element, x)));
      return impl((x) => x !== null && keys.has(datumKey(element, x)), part);
    }),
  );
}

function toText(element: SqlType, items: Items, delimiter: string, ofNull: string | null): string {
  const parts: string[] = [];
  for (const item of items) {
    if (item === null) {
      if (ofNull !== null) parts.push(ofNull);
    } else if (element.kind === 'array') {
      parts.push(toText(element.element, item as Items, delimiter, ofNull));
    } else {
      parts.push(formatDatum(element, item));
    }
  }
  return joinTexts(parts, delimiter);
}

function dimensionLength(items: Items, dimension: number): number | null {
  let level: Items = items;
  for (let d = 1; d < dimension; d++) {
    const first = level[0];
    if (!Array.isArray(first)) return null;
    level = first as Items;
  }
  return dimension < 1 || level.length === 0 ? null : level.length;
}

function countLeaves(type: SqlType, items: Items): number {
  if (type.kind !== 'array') return items.length;
  return items.reduce<number>(
    (n, item) => n + (item === null ? 1 : countLeaves(type.element, item as Items)),
    0,
  );
}

export const ARRAY_FAMILIES: readonly Family[] = [
  family('array_length', 'ai', (_, args) => define('array_length', args, INTEGER, dimensionLength)),
  family('array_upper', 'ai', (_, args) => define('array_upper', args, INTEGER, dimensionLength)),
  family('array_lower', 'ai', (_, args) =>
    define('array_lower', args, INTEGER, (items: Items, d: number) =>
      dimensionLength(items, d) === null ? null : 1,
    ),
  ),
  family('cardinality', 'a', (element, args) =>
    define('cardinality', args, INTEGER, (items: Items) => countLeaves(element, items)),
  ),
  family('array_append', 'ae', (element, args) =>
    define(
      'array_append',
      args,
      arrayOf(element),
      (items: Items | null, x: Datum) => [...(items ?? []), x],
      LOOSE,
    ),
  ),
  family('array_prepend', 'ea', (element, args) =>
    define(
      'array_prepend',
      args,
      arrayOf(element),
      (x: Datum, items: Items | null) => [x, ...(items ?? [])],
      LOOSE,
    ),
  ),
  ...['array_cat', '||'].map((name) =>
    family(name, 'aa', (element, args) =>
      define(
        name,
        args,
        arrayOf(element),
        (a: Items | null, b: Items | null) => (a === null ? b : b === null ? a : [...a, ...b]),
        LOOSE,
      ),
    ),
  ),
  family('||', 'ae', (element, args) =>
    define('||', args, arrayOf(element), (items: Items | null, x: Datum) => [...(items ?? []), x], LOOSE),
  ),
  family('||', 'ea', (element, args) =>
    define('||', args, arrayOf(element), (x: Datum, items: Items | null) => [x, ...(items ?? [])], LOOSE),
  ),
  family('array_remove', 'ae', (element, args) =>
    define(
      'array_remove',
      args,
      arrayOf(element),
      (items: Items | null, x: Datum) => items && items.filter((item) => !equalDatum(element, item, x)),
      LOOSE,
    ),
  ),
  family('array_replace', 'aee', (element, args) =>
    define(
      'array_replace',
      args,
      arrayOf(element),
      (items: Items | null, from: Datum, to: Datum) =>
        items && items.map((item) => (equalDatum(element, item, from) ? to : item)),
      LOOSE,
    ),
  ),
  family('array_position', 'ae', (element, args) =>
    define(
      'array_position',
      args,
      INTEGER,
      (items: Items | null, x: Datum) => {
        const at = items === null ? -1 : items.findIndex((item) => equalDatum(element, item, x));
        return at < 0 ? null : at + 1;
      },
      LOOSE,
    ),
  ),
  family('array_positions', 'ae', (element, args) =>
    define(
      'array_positions',
      args,
      arrayOf(INTEGER),
      (items: Items | null, x: Datum) =>
        items && items.flatMap((item, i) => (equalDatum(element, item, x) ? [i + 1] : [])),
      LOOSE,
    ),
  ),
  family('array_to_string', 'at', (element, args) =>
    define('array_to_string', args, VARCHAR, (items: Items, delimiter: string) =>
      toText(element, items, delimiter, null),
    ),
  ),
  family('array_to_string', 'att', (element, args) =>
    define(
      'array_to_string',
      args,
      VARCHAR,
      (items: Items | null, delimiter: string | null, ofNull: string | null) =>
        items === null || delimiter === null ? null : toText(element, items, delimiter, ofNull),
      LOOSE,
    ),
  ),
  family('array_distinct', 'a', (element, args) =>
    define('array_distinct', args, arrayOf(element), (items: Items) => {
      const seen = new Set<string>();
      return items.filter((item) => {
        const key = datumKey(element, item);
        return !seen.has(key) && seen.add(key);
      });
    }),
  ),
  family('array_sort', 'a', (element, args) =>
    define('array_sort', args, arrayOf(element), (items: Items) =>
      [...items].sort((a, b) => compareNullable(element, a, b)),
    ),
  ),
  family('trim_array', 'ai', (element, args) =>
    define('trim_array', args, arrayOf(element), (items: Items, n: number) => {
      if (n < 0 || n > items.length) {
        throw new SqlValueError('22023', `number of elements to trim must be between 0 and ${items.length}`);
      }
      return items.slice(0, items.length - n);
    }),
  ),
  // `array[i]`: positions count from 1. A position outside the array gives NULL.
  family('array_access', 'ai', (element, args) =>
    define('array_access', args, element, (items: Items, i: number) => items[i - 1] ?? null),
  ),
  // `array[from:to]`.
  family('array_slice', 'aii', (element, args) =>
    define('array_slice', args, arrayOf(element), (items: Items, from: number, to: number) =>
      items.slice(Math.max(from - 1, 0), Math.max(to, 0)),
    ),
  ),
  containment('@>', (has, part) => part.every(has), false),
  containment('<@', (has, part) => part.every(has), true),
  containment('&&', (has, part) => part.some(has), false),
  {
    // ARRAY[...]: the binder casts the items to their common type.
    name: 'array',
    derive: (given) => {
      const element = commonType(given);
      if (element === undefined || given.length === 0) return [];
      const args = given.map(() => element);
      return [
        memo(
          () => define('array', args, arrayOf(element), (...items: Datum[]) => items, LOOSE),
          functionId('array', args),
          cache,
        ),
      ];
    },
  },
];

export const ARRAY_FUNCTIONS: readonly ScalarFunction[] = [
  define(
    'string_to_array',
    [VARCHAR, VARCHAR],
    arrayOf(VARCHAR),
    (s: string | null, delimiter: string | null) => stringToArray(s, delimiter, null),
    LOOSE,
  ),
  define('string_to_array', [VARCHAR, VARCHAR, VARCHAR], arrayOf(VARCHAR), stringToArray, LOOSE),
];

/** Splits a text at a delimiter; a NULL delimiter splits it into characters. Parts equal to `ofNull` become NULL. */
function stringToArray(s: string | null, delimiter: string | null, ofNull: string | null): Datum {
  if (s === null) return null;
  if (s === '') return [];
  const parts = delimiter === null ? Array.from(s) : delimiter === '' ? [s] : s.split(delimiter);
  return parts.map((part) => (ofNull !== null && part === ofNull ? null : part));
}
