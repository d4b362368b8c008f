import { describe, expect, it } from 'vitest';
import { formatTimestamp, formatTimestamptz } from '../../../src/values/datetime.ts';
import { utcToZone, zoneToUtc } from '../../../src/values/time-zone.ts';
import * as T from '../../../src/values/types.ts';
import { arg, compareCalls } from '../support/compare.ts';
import type { Call } from '../support/compare.ts';
import type { Postgres } from '../support/postgres.ts';
import { randomFrom } from '../support/random.ts';

const ZONES = [
  'US/Pacific',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Europe/Berlin',
  'Europe/Dublin',
  'Europe/Moscow',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Antarctica/Troll',
  'EST5EDT',
  'NZ',
];
const UNITS = 'microsecond millisecond second minute hour day week month quarter year decade'.split(' ');
/** Instants near a change of the clock in one of the zones, from 1995 to 2026. */
const CHANGES = [
  '2023-11-05 09:00:00',
  '2023-03-12 10:00:00',
  '2023-10-29 01:00:00',
  '2026-03-29 01:00:00',
  '2026-04-04 15:00:00',
  '2026-10-03 15:30:00',
  '2026-09-26 14:00:00',
  '2025-04-05 14:00:00',
  '2011-03-26 23:00:00',
  '2014-10-25 22:00:00',
  '2011-12-30 10:00:00',
  '2018-11-04 03:00:00',
  '2019-02-17 02:00:00',
  '1995-10-29 01:00:00',
  '2022-09-21 20:30:00',
].map((text) => Date.parse(`${text.replace(' ', 'T')}Z`) * 1000);

export function zoneSuite(postgres: () => Postgres): void {
  const differences = (calls: readonly Call[]): Promise<readonly string[]> => compareCalls(postgres(), calls);

  describe('time zones, compared with PostgreSQL', () => {
    const random = randomFrom(20_231_105);
    const near = (): number =>
      random.pick(CHANGES) + random.int(-8 * 3600, 8 * 3600) * 1_000_000 + random.int(0, 2) * 250_001;

    it('convert and truncate near changes of the clock', () => {
      const calls = Array.from({ length: 1500 }, (_, i): Call[] => {
        const zone = arg(T.VARCHAR, ZONES[i % ZONES.length]!);
        const [instant, local] = [formatTimestamptz(near()), formatTimestamp(near())];
        return [
          { name: 'timezone', args: [zone, arg(T.TIMESTAMPTZ, instant)] },
          { name: 'timezone', args: [zone, arg(T.TIMESTAMP, local)] },
          {
            name: 'date_trunc',
            args: [arg(T.VARCHAR, random.pick(UNITS)), arg(T.TIMESTAMPTZ, instant), zone],
          },
        ];
      }).flat();
      return expect(differences(calls)).resolves.toEqual([]);
    });

    it('keep the two passes of a repeated hour apart', () => {
      const trunc = (instant: string, zone: string, unit = 'hour'): Call => ({
        name: 'date_trunc',
        args: [arg(T.VARCHAR, unit), arg(T.TIMESTAMPTZ, instant), arg(T.VARCHAR, zone)],
      });
      return expect(
        differences([
          trunc('2023-11-05 01:40:00-07', 'US/Pacific'),
          trunc('2023-11-05 01:40:00-08', 'US/Pacific'),
          trunc('2023-10-29 02:40:00+02', 'Europe/Berlin', 'minute'),
          trunc('2026-04-05 01:40:00+11', 'Australia/Lord_Howe'),
          trunc('2026-04-05 01:40:00+10:30', 'Australia/Lord_Howe'),
          trunc('2023-11-05 01:40:00-07', 'US/Pacific', 'day'),
        ]),
      ).resolves.toEqual([]);
    });

    it('have the same abbreviations, in text and after AT TIME ZONE', () => {
      const names =
        'BST PST PDT CET CEST CST CDT WET WEST EST EDT MST HST IST JST AEST AEDT NZDT GMT UTC UT UCT ZULU Z MSK ART ' +
        'SGT PYT VET ACT AST NST AGT ECT bst Cest MET';
      const calls = names.split(' ').flatMap((name): Call[] =>
        ['2023-01-15 12:00:00', '2023-07-15 12:00:00'].flatMap((time): Call[] => [
          { name: 'timezone', args: [arg(T.VARCHAR, name), arg(T.TIMESTAMPTZ, `${time}+00`)] },
          { name: 'timezone', args: [arg(T.VARCHAR, name), arg(T.TIMESTAMP, time)] },
          {
            name: 'age',
            args: [arg(T.TIMESTAMPTZ, `${time} ${name}`), arg(T.TIMESTAMPTZ, '2023-01-01')],
          },
        ]),
      );
      return expect(differences(calls)).resolves.toEqual([]);
    });

    it('have the same names and offsets, and no others', () => {
      const names =
        '+02 -03:30 UTC+3 UTC-3 GMT+0 GMT0 XYZ5 XYZ-5:30 <+03>-3 EST5EDT PST8PDT cst6cdt Etc/GMT+5 europe/berlin ' +
        'GB Eire Turkey W-SU PRC SystemV/PST8 CTT PNT Nowhere Nowhere/Land berlin';
      const calls = names.split(' ').flatMap((name): Call[] =>
        ['2023-01-15 12:00:00', '2023-07-15 12:00:00'].map((time): Call => ({
          name: 'timezone',
          args: [arg(T.VARCHAR, name), arg(T.TIMESTAMP, time)],
        })),
      );
      return expect(differences(calls)).resolves.toEqual([]);
    });

    it('convert to local time and back in all years, with the offset that Intl gives', () => {
      const DAY_US = 86_400_000_000;
      for (let i = 0; i < 3000; i++) {
        const zone = ZONES[i % ZONES.length]!;
        const us = random.int(-100_000, 100_000) * DAY_US + random.int(0, 86_399) * 1_000_000;
        const local = utcToZone(us, zone);
        expect(utcToZone(zoneToUtc(local, zone), zone), `${zone} ${us}`).toBe(local);
        const offset = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
          .format(us / 1000)
          .match(/GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/)!;
        const [, sign, h = '0', m = '0', s = '0'] = offset;
        const east = (Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1_000_000;
        expect(local - us, `${zone} ${us}`).toBe((sign === '-' ? -east : east) + 0);
      }
    });
  });
}
