import type { Node } from '@pgsql/types';
import { clockIn, clocksInConditions, functionName } from './query.ts';
import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

/** A filter by the clock needs a clock of which RisingWave is sure that it only ever rises. */
export const CLOCK_FORM: TargetRule = {
  code: 'R008',
  about: 'a cast of now() in a condition, a field of it, or its time in a zone other than UTC',
  source:
    'run on RisingWave 2.8.4: "Conditions containing now must be in the form of `input_expr cmp now_expr`"',
  check: ({ queries }) =>
    clocksInConditions(queries, (part) => (isUnsure(part) ? clockIn(part) : undefined)).map((span) =>
      refused(
        'R008',
        'RisingWave is not sure that this clock only ever rises, and does not filter by it',
        "for days write date_trunc('day', now() AT TIME ZONE 'UTC'), and compare a timestamp with it",
        span,
      ),
    ),
};

/** The outermost part of a condition that makes RisingWave unsure of the clock in it. */
function isUnsure(node: Node): boolean {
  if (clockIn(node) === undefined) return false;
  if ('TypeCast' in node) {
    const name = node.TypeCast.typeName?.names?.at(-1);
    // It is TIMESTAMPTZ already.
    return !(name !== undefined && 'String' in name && name.String.sval === 'timestamptz');
  }
  if (!('FuncCall' in node)) return false;
  const { args = [] } = node.FuncCall;
  const name = functionName(node);
  if (name === 'extract' || name === 'date_part') return true;
  if (name === 'date_trunc') return args.length > 2;
  return name === 'timezone' && !isUtc(args[0]);
}

function isUtc(zone: Node | undefined): boolean {
  return zone !== undefined && 'A_Const' in zone && zone.A_Const.sval?.sval?.toLowerCase() === 'utc';
}
