import { isInstant } from '../../../../plan/clock-flow.ts';
import type { Expr } from '../../../../plan/expr.ts';
import { unitNamed } from '../../../../values/date-unit.ts';
import { isUtc } from './clock-form.ts';
import { truncWord } from '../unit-words.ts';
import type { RowTime } from './condition.ts';
import { asOperand, withoutBrackets } from './query-text.ts';
import type { QueryText } from './query-text.ts';

/**
 * Returns a time of the row as RisingWave can compare it with the clock: a DATE becomes a TIMESTAMP at its midnight,
 * because RisingWave filters only where both sides have one type. `e` is a DATE, TIMESTAMP or TIMESTAMPTZ.
 */
export function rowTime(e: Expr, text: QueryText): RowTime {
  if (e.kind === 'cast' && isInstant(e.arg)) return castTime(e, e.arg, text);
  const nullable = mayBeNull(e, text);
  if (e.type.kind === 'timestamptz')
    return { sql: text.operand(e), type: 'timestamptz', nullable, grid: undefined };
  if (e.type.kind === 'date')
    return { sql: `${text.operand(e)}::timestamp`, type: 'timestamp', nullable, grid: 'day' };
  if (e.kind === 'call' && e.fn.name === 'date_trunc') {
    const [unit, of] = e.args;
    const grid = unit?.kind === 'const' && typeof unit.value === 'string' ? unitNamed(unit.value) : undefined;
    if (grid !== undefined && e.args.length === 2 && of?.type.kind === 'timestamp') {
      return {
        sql: `date_trunc('${truncWord(grid)}', ${text.sqlOf(of)})`,
        type: 'timestamp',
        nullable,
        grid,
      };
    }
  }
  return { sql: text.operand(e), type: 'timestamp', nullable, grid: undefined };
}

/** Casts between times keep the instant in UTC. */
function castTime(e: Expr, arg: Expr, text: QueryText): RowTime {
  const of = rowTime(arg, text);
  if (e.type.kind !== 'date') return of;
  return of.grid === 'day'
    ? of
    : { ...inUtc(of), sql: `date_trunc('day', ${withoutBrackets(inUtc(of).sql)})`, grid: 'day' };
}

/** Returns a time as a TIMESTAMP of UTC. */
export function inUtc(row: RowTime): RowTime {
  if (row.type === 'timestamp') return row;
  return { ...row, sql: `(${row.sql} AT TIME ZONE 'UTC')`, type: 'timestamp' };
}

/** Returns the instant at which a wall time of UTC or of another zone is reached. */
export function atZone(row: RowTime, zone: Expr, text: QueryText): RowTime {
  if (isUtc(zone)) return row;
  return {
    sql: `(${row.sql} AT TIME ZONE ${text.operand(zone)})`,
    type: 'timestamptz',
    nullable: row.nullable,
    grid: undefined,
  };
}

/**
 * Returns a time plus a length given as SQL of an INTERVAL. `by` can stand beside an operator. A midnight plus whole
 * days is a midnight.
 */
export function plus(
  row: RowTime,
  sign: '+' | '-',
  by: string,
  nullable: boolean,
  isWholeDays = false,
): RowTime {
  return {
    sql: asOperand(`${row.sql} ${sign} ${by}`),
    type: row.type,
    nullable: row.nullable || nullable,
    grid: isWholeDays && row.grid === 'day' ? 'day' : undefined,
  };
}

/** A cast between times fails for no time of the calendar, so it is NULL only where its argument is. */
export function mayBeNull(e: Expr, text: QueryText): boolean {
  if (e.kind === 'cast' && isInstant(e) && isInstant(e.arg)) return mayBeNull(e.arg, text);
  if (e.kind === 'call' && e.fn.name === 'date_trunc') return e.args.some((arg) => mayBeNull(arg, text));
  if (e.kind === 'call' && e.fn.name === 'timezone') return e.args.some((arg) => mayBeNull(arg, text));
  return e.nullable && !text.neverNull.has(e);
}
