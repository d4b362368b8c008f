import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  civilFromDays,
  DAY_US,
  dayOf,
  daysFromCivil,
  daysInMonth,
  exactMicros,
  isoWeekday,
  MAX_DAY,
  MIN_DAY,
  timeOf,
  timestampFrom,
} from '../../src/values/civil.ts';
import { dateTrunc } from '../../src/values/date-trunc.ts';
import { formatTimestamp } from '../../src/values/datetime.ts';
import { utcToZone, zoneToUtc } from '../../src/values/time-zone.ts';

const SEED = { seed: 1582, numRuns: 5000 };
const day = fc.integer({ min: MIN_DAY, max: MAX_DAY });
const us = fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 });

describe('the calendar', () => {
  it('agrees with the Date of JavaScript on every day', () => {
    fc.assert(
      fc.property(day, (d) => {
        const date = new Date(d * 86_400_000);
        const civil = civilFromDays(d);
        expect(civil).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
        expect(daysFromCivil(civil.year, civil.month, civil.day)).toBe(d);
        expect(isoWeekday(d) % 7).toBe(date.getUTCDay());
        expect(civil.day).toBeLessThanOrEqual(daysInMonth(civil.year, civil.month));
      }),
      SEED,
    );
  });

  it('splits timestamps into day and time exactly, also next to midnight and far from 1970', () => {
    const near = fc
      .tuple(fc.integer({ min: -100_000, max: 100_000 }), fc.integer({ min: -2, max: 2 }))
      .map(([d, n]) => d * DAY_US + n);
    fc.assert(
      fc.property(fc.oneof(us, near), (t) => {
        const exact = BigInt(t);
        const size = BigInt(DAY_US);
        const floor = exact / size - (exact % size < 0n ? 1n : 0n);
        expect(BigInt(dayOf(t))).toBe(floor);
        expect(BigInt(timeOf(t))).toBe(exact - floor * size);
      }),
      SEED,
    );
  });

  it('keeps the millisecond and the order in years where a double cannot hold the microsecond', () => {
    const far = fc.integer({ min: MIN_DAY, max: MAX_DAY }).filter((d) => Math.abs(d) > 105_000);
    const time = fc.integer({ min: 0, max: DAY_US - 1 });
    fc.assert(
      fc.property(far, time, time, (d, a, b) => {
        const [x, y] = [timestampFrom(d, a), timestampFrom(d, b)];
        expect([dayOf(x), timeOf(x)]).toEqual([d, a - (a % 1000)]);
        expect(exactMicros(x)).toBe(BigInt(d) * BigInt(DAY_US) + BigInt(a - (a % 1000)));
        expect(timestampFrom(dayOf(x), timeOf(x))).toBe(x);
        expect(Math.sign(x - y)).toBe(Math.sign(Math.floor(a / 1000) - Math.floor(b / 1000)));
      }),
      SEED,
    );
    expect(formatTimestamp(timestampFrom(MAX_DAY, DAY_US - 1))).toBe('9999-12-31 23:59:59.999');
  });

  it('refuses timestamps outside the years 1 to 9999', () => {
    expect(() => timestampFrom(MAX_DAY, DAY_US)).toThrow(expect.objectContaining({ code: '22008' }));
    expect(() => timestampFrom(MIN_DAY, -1)).toThrow(expect.objectContaining({ code: '22008' }));
    expect(timestampFrom(0, -1)).toBe(-1);
    expect(timestampFrom(1, -DAY_US)).toBe(0);
  });

  it('truncates to the last boundary at or before a timestamp', () => {
    for (const unit of [
      'second',
      'minute',
      'hour',
      'day',
      'week',
      'month',
      'quarter',
      'year',
      'decade',
    ] as const) {
      fc.assert(
        fc.property(fc.integer({ min: -3e15, max: 3e15 }), (t) => {
          const start = dateTrunc(unit, t);
          expect(start).toBeLessThanOrEqual(t);
          expect(dateTrunc(unit, start)).toBe(start);
          expect(dateTrunc(unit, start - 1)).toBeLessThan(start);
        }),
        { seed: 7, numRuns: 300 },
      );
    }
  });
});

describe('time zones', () => {
  it('convert a UTC time to local time and back, except in hours that the clock shows twice', () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'UTC',
      '+05:30',
    );
    const HOUR = 3_600_000_000;
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 2_000_000_000 }), (zone, seconds) => {
        const t = seconds * 1_000_000;
        const back = zoneToUtc(utcToZone(t, zone), zone);
        // A local time in a repeated hour converts to the later instant.
        expect([0, HOUR / 2, HOUR]).toContain(back - t);
        expect(utcToZone(back, zone)).toBe(utcToZone(t, zone));
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
