import { DAILY_PREFIX } from '../../dynamodb/item-keys.ts';
import { expiredAt_ms, type Reading } from '../reading.ts';
import type { ItemFacts } from '../result.ts';
import { addUpDays, addUpWindow, type DayItem } from '../windows/read.ts';
import { adding, dayOf, summed, withoutWindows } from './bucket-windows.ts';
import { newerFacts, type Items, type LayoutReader } from './layout.ts';
import { holdsTag, sharedFacts } from './shared-item.ts';

const DAY_MS = 86_400_000;
/** A window without an upper bound holds days in the future too, which devices with a wrong clock name. */
const LAST_DAY = `${DAILY_PREFIX}9999-12-31`;

/**
 * Layout `daily` of a rolling view: one item per viewer and day with the sums of that day, which are added up for the
 * day of the read (UTC). Version and write time are those of the newest day. A viewer without a row on the days that
 * the windows reach is absent, since the items of earlier days expire.
 */
export const dailyWindowsReader: LayoutReader = (name, domain) => {
  const { windows, tag } = domain;
  if (windows === undefined) throw withoutWindows(name, 'daily');
  const range = (now_ms: number) => ({
    from: DAILY_PREFIX + isoDay(now_ms - (windows.days - 1) * DAY_MS),
    to: LAST_DAY,
  });
  const ofDays = (items: Items, reading: Reading): { days: DayItem[]; facts: ItemFacts } | undefined => {
    const days: DayItem[] = [];
    let facts: ItemFacts | undefined;
    // Another domain of the same read may need more days. Its days must not make a difference to this one.
    const { from, to } = range(reading.now_ms);
    for (const [sortKey, item] of items) {
      if (sortKey < from || sortKey > to || !holdsTag(item, tag)) continue;
      if (expiredAt_ms(item, reading) !== undefined) continue;
      days.push({ day: dayOf(Date.parse(`${sortKey.slice(DAILY_PREFIX.length)}T00:00:00Z`)), item });
      facts = newerFacts(facts, sharedFacts(item, tag, reading));
    }
    return facts === undefined ? undefined : { days, facts };
  };
  return {
    name,
    schema: domain,
    sortKeys: [],
    range,
    read: (items, reading) => {
      const found = ofDays(items, reading);
      if (found === undefined) return { status: 'absent' };
      const item = adding(name, () => addUpDays(windows, found.days, dayOf(reading.now_ms)));
      return item === undefined ? { status: 'absent' } : summed(item, found.facts, reading);
    },
    window: (items, reading, days) => {
      const found = ofDays(items, reading);
      if (found === undefined) return { status: 'absent' };
      const item = adding(name, () => addUpWindow(windows, found.days, dayOf(reading.now_ms), days));
      return summed(item, found.facts, reading);
    },
  };
};

function isoDay(time_ms: number): string {
  return new Date(time_ms).toISOString().slice(0, 10);
}
