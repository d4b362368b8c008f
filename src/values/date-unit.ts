export type DateUnit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium';

const UNITS = new Map<string, DateUnit>();
for (const [unit, names] of [
  ['microsecond', 'microsecond microseconds us usec usecs usecond useconds microsecon'],
  ['millisecond', 'millisecond milliseconds ms msec msecs msecond mseconds millisecon'],
  ['second', 'second seconds sec secs s'],
  ['minute', 'minute minutes min mins m'],
  ['hour', 'hour hours hr hrs h'],
  ['day', 'day days d'],
  ['week', 'week weeks w'],
  ['month', 'month months mon mons'],
  ['quarter', 'quarter qtr'],
  ['year', 'year years yr yrs y'],
  ['decade', 'decade decades dec decs'],
  ['century', 'century centuries cent c'],
  ['millennium', 'millennium millennia mil mils'],
] as const) {
  for (const name of names.split(' ')) UNITS.set(name, unit);
}

/** All units, the shortest first. */
export const DATE_UNITS: readonly DateUnit[] = [...new Set(UNITS.values())];

/** Returns the unit that PostgreSQL knows by a name, in upper or lower case; undefined if there is none. */
export function unitNamed(name: string): DateUnit | undefined {
  return UNITS.get(name) ?? UNITS.get(name.trim().toLowerCase());
}
