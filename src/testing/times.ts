import { castDatum } from '../values/cast.ts';
import { formatDatum } from '../values/text.ts';
import { TIMESTAMPTZ, VARCHAR } from '../values/types.ts';

/** Converts a Date or a text to microseconds since 1970. Throws RangeError if it is not a point in time. */
export function instant(time: string | Date): number {
  const time_us =
    time instanceof Date ? time.getTime() * 1000 : (castDatum(time, VARCHAR, TIMESTAMPTZ) as number);
  if (!Number.isFinite(time_us)) throw new RangeError(`not a point in time: ${String(time)}`);
  return time_us;
}

/** Returns a point in time as ISO text. */
export function isoTime(time_us: number): string {
  return formatDatum(TIMESTAMPTZ, time_us).replace(' ', 'T').replace('+00', 'Z');
}
