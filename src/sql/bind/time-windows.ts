import type { FuncCall, Node } from '@pgsql/types';
import { formatInterval } from '../../values/interval.ts';
import type { Interval } from '../../values/datum.ts';
import { Abandoned, SqlFailure } from '../failure.ts';
import type { Slice } from '../text/slice.ts';
import { isConst } from './coerce.ts';
import { columnText } from './column-text.ts';
import { ExprBinder } from './expr-binder.ts';
import { Scope } from './scope.ts';

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;

/** Returns what to write instead of TUMBLE(relation, column, size) or HOP(relation, column, slide, size). */
export function timeWindowHint(name: 'tumble' | 'hop', call: FuncCall, slice: Slice): string {
  const [, at, first, second] = call.args ?? [];
  const column = columnText(at) ?? 'ts';
  const tile = windowStart(column, sizeOf(first, slice));
  if (name === 'tumble') {
    const shifted = second === undefined ? '' : ', with its third argument moved by the offset';
    return `group by the window instead: ${shifted === '' ? tile : bin(column, sizeOf(first, slice))}${shifted}`;
  }
  const size = sizeOf(second, slice);
  const window = size === undefined ? "INTERVAL '1 hour'" : `INTERVAL '${intervalText(size)}'`;
  return (
    `aggregate tiles in one view, GROUP BY ${tile} AS tile, and the window that rolls over them in another: ` +
    `WHERE tile > now() - ${window}`
  );
}

/** Returns SQL for the start of the window of this size that holds a row. Windows are aligned to 1970, as TUMBLE's. */
function windowStart(column: string, size: Interval | undefined): string {
  const unit = size === undefined ? undefined : unitOf(size);
  return unit === undefined ? bin(column, size) : `date_trunc('${unit}', ${column})`;
}

function bin(column: string, size: Interval | undefined): string {
  return `date_bin(INTERVAL '${size === undefined ? '5 minutes' : intervalText(size)}', ${column}, '1970-01-01')`;
}

/** Returns the unit of which a size is exactly one, such as `hour`; undefined if there is none. */
function unitOf({ months, days, us }: Interval): string | undefined {
  if (months !== 0) return days === 0 && us === 0 ? MONTHS.get(months) : undefined;
  if (days !== 0) return days === 1 && us === 0 ? 'day' : undefined;
  return TIMES.get(us);
}
const MONTHS: ReadonlyMap<number, string> = new Map([
  [1, 'month'],
  [3, 'quarter'],
  [12, 'year'],
]);
const TIMES: ReadonlyMap<number, string> = new Map([
  [1_000_000, 'second'],
  [MINUTE_US, 'minute'],
  [HOUR_US, 'hour'],
  [24 * HOUR_US, 'day'],
]);

function intervalText(size: Interval): string {
  const { months, days, us } = size;
  if (months === 0 && days === 0 && us > 0) {
    if (us % HOUR_US === 0) return plural(us / HOUR_US, 'hour');
    if (us % MINUTE_US === 0) return plural(us / MINUTE_US, 'minute');
  }
  return formatInterval(size);
}

function plural(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}

function sizeOf(node: Node | undefined, slice: Slice): Interval | undefined {
  if (node === undefined) return undefined;
  try {
    const size = new ExprBinder({ slice, scope: Scope.empty, clause: 'a window' }).bind(node);
    return isConst(size) && size.type.kind === 'interval' ? (size.value as Interval) : undefined;
  } catch (e) {
    // The size has an error of its own, and the hint does without it.
    if (e instanceof SqlFailure || e instanceof Abandoned) return undefined;
    throw e;
  }
}
