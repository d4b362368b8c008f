import { commonType } from '../values/common-type.ts';
import { compareDatum } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { joinTexts } from '../values/size-limit.ts';
import { formatDatum } from '../values/text.ts';
import { INTEGER, VARCHAR } from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import { define, functionId, memo } from './define.ts';
import type { Family } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { withoutUnknown } from './resolve.ts';

/** Functions of any number of arguments of any type: GREATEST, LEAST, concat, concat_ws, num_nulls, num_nonnulls. */

const cache = new Map<string, ScalarFunction>();
const LOOSE = { strict: false } as const;

/** Returns the family of GREATEST or LEAST, which ignore NULLs. The result is NULL only if all arguments are. */
function extreme(name: string, sign: number): Family {
  return {
    name,
    derive: (given) => {
      const type = given.length === 0 ? undefined : commonType(given);
      if (type === undefined) return [];
      const args = given.map(() => type);
      const impl = (...values: Datum[]): Datum => {
        let found: Datum = null;
        for (const value of values) {
          if (value !== null && (found === null || compareDatum(type, value, found) * sign > 0))
            found = value;
        }
        return found;
      };
      return [memo(() => define(name, args, type, impl, LOOSE), functionId(name, args), cache)];
    },
  };
}

function anyTypes(name: string, make: (types: readonly SqlType[]) => ScalarFunction | undefined): Family {
  return {
    name,
    derive: (given) => {
      const made = make(withoutUnknown(given));
      return made === undefined ? [] : [memo(() => made, made.id, cache)];
    },
  };
}

function join(types: readonly SqlType[], values: readonly Datum[], delimiter: string): string {
  const parts: string[] = [];
  values.forEach((value, i) => {
    if (value !== null) parts.push(formatDatum(types[i]!, value));
  });
  return joinTexts(parts, delimiter);
}

export const CONDITIONAL_FAMILIES: readonly Family[] = [
  extreme('greatest', 1),
  extreme('least', -1),
  anyTypes('concat', (types) =>
    types.length === 0
      ? undefined
      : define('concat', types, VARCHAR, (...values: Datum[]) => join(types, values, ''), LOOSE),
  ),
  anyTypes('concat_ws', (types) => {
    if (types.length === 0 || types[0]!.kind !== 'varchar') return undefined;
    const rest = types.slice(1);
    return define(
      'concat_ws',
      types,
      VARCHAR,
      (delimiter: string | null, ...values: Datum[]) =>
        delimiter === null ? null : join(rest, values, delimiter),
      LOOSE,
    );
  }),
  anyTypes('num_nulls', (types) =>
    types.length === 0
      ? undefined
      : define(
          'num_nulls',
          types,
          INTEGER,
          (...values: Datum[]) => values.filter((v) => v === null).length,
          LOOSE,
        ),
  ),
  anyTypes('num_nonnulls', (types) =>
    types.length === 0
      ? undefined
      : define(
          'num_nonnulls',
          types,
          INTEGER,
          (...values: Datum[]) => values.filter((v) => v !== null).length,
          LOOSE,
        ),
  ),
];
