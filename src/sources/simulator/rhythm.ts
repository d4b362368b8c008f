/** Relative number of sessions that begin in each hour of the day (UTC): low before dawn, highest in the evening. */
const HOURS = [
  0.55, 0.35, 0.22, 0.15, 0.12, 0.16, 0.35, 0.6, 0.7, 0.7, 0.72, 0.8, 0.95, 0.95, 0.9, 0.95, 1.1, 1.35, 1.7,
  2.1, 2.35, 2.2, 1.7, 1.05,
] as const;
/** Relative number of sessions by day of the week. The first is Thursday, the day of 1970-01-01. */
const DAYS = [0.95, 1.15, 1.35, 1.3, 0.8, 0.82, 0.85] as const;

const HOUR_US = 3_600_000_000;
const MEAN_HOUR = HOURS.reduce((sum, x) => sum + x, 0) / HOURS.length;
const MEAN_DAY = DAYS.reduce((sum, x) => sum + x, 0) / DAYS.length;

/** Returns the rate at which sessions begin, relative to the average of a week. Interpolates between hours. */
export function rhythm(time_us: number): number {
  const hours = time_us / HOUR_US;
  const hour = Math.floor(hours);
  const part = hours - hour;
  const here = level(hour);
  return here + (level(hour + 1) - here) * part;
}

function level(hour: number): number {
  const day = Math.floor(hour / 24);
  return (HOURS[hour - day * 24]! / MEAN_HOUR) * (DAYS[((day % 7) + 7) % 7]! / MEAN_DAY);
}

/** Upper bound of {@link rhythm}. */
export const MAX_RHYTHM = (Math.max(...HOURS) / MEAN_HOUR) * (Math.max(...DAYS) / MEAN_DAY);
