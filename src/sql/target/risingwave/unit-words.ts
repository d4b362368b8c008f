import type { DateUnit } from '../../../values/date-unit.ts';

/** Returns RisingWave's only word for a unit of date_trunc, which it takes in any case. */
export function truncWord(unit: DateUnit): string {
  return unit === 'millisecond' || unit === 'microsecond' ? `${unit}s` : unit;
}
