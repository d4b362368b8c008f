import { castDatum } from '../values/cast.ts';
import { formatDatum } from '../values/text.ts';
import { TIMESTAMPTZ, VARCHAR } from '../values/types.ts';

/** Microseconds of a point in time, given as a Date or as text. Throws RangeError for what is none. */
export function instant(time: string | Date): number {
  const time_us =
    time instanceof Date ? time.getTime() * 1000 : (castDatum(time, VARCHAR, TIMESTAMPTZ) as number);
  if (!Number.isFinite(time_us)) throw new RangeError(`not a point in time: ${String(time)}`);
  return time_us;
}

/** A point in time as ISO text. */
export function isoTime(time_us: number): string {
  return formatDatum(TIMESTAMPTZ, time_us).replace(' ', 'T').replace('+00', 'Z');
}
