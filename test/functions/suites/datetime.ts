import { describe, expect, it } from 'vitest';
import * as T from '../../../src/values/types.ts';
import type { SqlType } from '../../../src/values/types.ts';
import { arg, compareCalls } from '../support/compare.ts';
import type { Call } from '../support/compare.ts';
import type { Postgres } from '../support/postgres.ts';
import { randomFrom } from '../support/random.ts';

const STAMPS = [
  '2026-03-15 13:14:15.678901',
  '2024-02-29 00:00:00',
  '2023-12-31 23:59:59.999999',
  '2000-01-01 00:00:00',
  '1999-12-31 12:00:00',
  '1970-01-01 00:00:00',
  '1969-12-31 23:59:59.5',
  '1900-03-01 06:30:00',
  '0001-01-01 00:00:00',
  '2020-12-28 01:02:03',
  '2021-01-03 01:02:03',
  '2021-01-04 01:02:03',
  '9999-12-31 23:59:59',
  '2001-01-01 00:00:00',
];
const MONTH_NAMES = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const INTERVALS = [
  '0',
  '1 day',
  '-1 day',
  '1 mon',
  '-1 mon',
  '1 year 2 mons',
  '13 mons -3 days',
  '12:34:56.789',
  '-36:00:00',
  '28 days',
  '1 mon -1 day 02:00:00',
  '7 days 24:00:00',
  '11 mons 30 days 23:59:59.999999',
];
const UNITS = [
  'microseconds',
  'milliseconds',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
  'millennium',
];
const FIELDS = [
  ...UNITS,
  'dow',
  'doy',
  'epoch',
  'isodow',
  'isoyear',
  'julian',
  'timezone',
  'timezone_hour',
  'timezone_minute',
  'nope',
];

const dateOf = (stamp: string): string => stamp.slice(0, 10);
const timeOf = (stamp: string): string => stamp.slice(11);

function cross(name: string, a: SqlType, as: readonly string[], b: SqlType, bs: readonly string[]): Call[] {
  return as.flatMap((x) => bs.map((y): Call => ({ name, args: [arg(a, x), arg(b, y)] })));
}

export function datetimeSuite(postgres: () => Postgres): void {
  const differences = (calls: readonly Call[], tolerance?: number): Promise<string[]> =>
    compareCalls(postgres(), calls, { tolerance });

  describe('date and time arithmetic, compared with PostgreSQL', () => {
    it('adds and subtracts intervals with clamped months', () =>
      expect(
        differences(
          // In the years 1 and 9999, results leave Freshet's range.
          [T.DATE, T.TIMESTAMP, T.TIMESTAMPTZ].flatMap((type) => {
            const texts = STAMPS.filter((s) => !/^(0001|9999)/.test(s)).map(
              type === T.DATE ? dateOf : (s) => s,
            );
            return [
              ...cross('+', type, texts, T.INTERVAL, INTERVALS),
              ...cross('-', type, texts, T.INTERVAL, INTERVALS),
              ...cross('+', T.INTERVAL, INTERVALS, type, texts.slice(0, 3)),
            ];
          }),
        ),
      ).resolves.toEqual([]));

    it('adds days to dates, and subtracts dates and timestamps', () => {
      const dates = STAMPS.map(dateOf);
      return expect(
        differences([
          ...cross('+', T.DATE, dates.slice(0, 8), T.INTEGER, ['0', '1', '-400', '36524']),
          ...cross('+', T.INTEGER, ['3'], T.DATE, dates.slice(0, 4)),
          ...cross('-', T.DATE, dates.slice(0, 8), T.INTEGER, ['0', '1', '-400', '36524']),
          ...cross('-', T.DATE, dates, T.DATE, dates),
          ...cross('-', T.TIMESTAMP, STAMPS, T.TIMESTAMP, STAMPS),
          ...cross('-', T.TIMESTAMPTZ, STAMPS.slice(0, 5), T.TIMESTAMPTZ, STAMPS.slice(5)),
          ...cross('-', T.DATE, dates.slice(0, 3), T.TIMESTAMP, STAMPS.slice(0, 3)),
          ...cross('-', T.TIMESTAMPTZ, STAMPS.slice(0, 3), T.TIMESTAMP, STAMPS.slice(0, 3)),
          ...cross('+', T.DATE, dates.slice(0, 4), T.TIME, STAMPS.slice(0, 4).map(timeOf)),
          ...cross('+', T.TIME, STAMPS.slice(0, 3).map(timeOf), T.DATE, dates.slice(0, 2)),
        ]),
      ).resolves.toEqual([]);
    });

    it('adds and subtracts times and intervals', () => {
      const times = STAMPS.map(timeOf);
      const factors = ['0', '1', '-1', '0.5', '1.5', '2.25', '-0.333', '1000'];
      return expect(
        differences([
          ...cross('+', T.TIME, times, T.INTERVAL, INTERVALS),
          ...cross('-', T.TIME, times, T.INTERVAL, INTERVALS),
          ...cross('-', T.TIME, times, T.TIME, times),
          ...cross('+', T.INTERVAL, INTERVALS, T.INTERVAL, INTERVALS),
          ...cross('-', T.INTERVAL, INTERVALS, T.INTERVAL, INTERVALS),
          ...cross('*', T.INTERVAL, INTERVALS, T.DOUBLE, factors),
          ...cross('*', T.DOUBLE, factors, T.INTERVAL, INTERVALS),
          ...cross('*', T.INTERVAL, INTERVALS, T.INTEGER, ['3', '-7']),
          ...cross('*', T.NUMERIC, ['2.5'], T.INTERVAL, INTERVALS),
          ...cross('/', T.INTERVAL, INTERVALS, T.DOUBLE, factors),
          ...INTERVALS.flatMap((x) =>
            ['-', 'justify_hours', 'justify_days', 'justify_interval'].map((name): Call => ({
              name,
              args: [arg(T.INTERVAL, x)],
            })),
          ),
        ]),
      ).resolves.toEqual([]);
    });

    it('computes ages', () =>
      expect(
        differences([
          ...cross('age', T.TIMESTAMP, STAMPS, T.TIMESTAMP, STAMPS),
          ...cross('age', T.TIMESTAMPTZ, STAMPS.slice(0, 3), T.TIMESTAMPTZ, STAMPS.slice(3, 6)),
          ...cross('age', T.DATE, ['2026-03-31', '2024-02-29'], T.DATE, ['2026-02-28', '2023-01-30']),
        ]),
      ).resolves.toEqual([]));

    it('agrees for random timestamps and intervals', () => {
      const random = randomFrom(97);
      const stamps = Array.from({ length: 120 }, () => random.timestamp());
      const spans = Array.from({ length: 120 }, () => random.interval());
      return expect(
        differences(
          stamps.flatMap((stamp, i): Call[] => [
            { name: '+', args: [arg(T.TIMESTAMP, stamp), arg(T.INTERVAL, spans[i]!)] },
            { name: '-', args: [arg(T.TIMESTAMPTZ, stamp), arg(T.INTERVAL, spans[i]!)] },
            { name: '-', args: [arg(T.TIMESTAMP, stamp), arg(T.TIMESTAMP, stamps[(i + 1) % 120]!)] },
            { name: 'age', args: [arg(T.TIMESTAMP, stamp), arg(T.TIMESTAMP, stamps[(i + 1) % 120]!)] },
            { name: 'date_trunc', args: [arg(T.UNKNOWN, UNITS[i % UNITS.length]!), arg(T.TIMESTAMP, stamp)] },
            {
              name: 'extract',
              args: [arg(T.UNKNOWN, FIELDS[i % 18]!), arg(T.TIMESTAMP, stamp)],
              sql: extractSql,
            },
            {
              name: 'date_bin',
              args: [arg(T.INTERVAL, '15 minutes'), arg(T.TIMESTAMP, stamp), arg(T.TIMESTAMP, stamps[0]!)],
            },
          ]),
        ),
      ).resolves.toEqual([]);
    });
  });

  describe('parts of dates and times, compared with PostgreSQL', () => {
    it('date_trunc', () =>
      expect(
        differences([
          ...UNITS.flatMap((unit): Call[] => [
            // The decade of year 1 begins in year 0, which Freshet does not have.
            ...STAMPS.filter((s) => !s.startsWith('0001') || unit !== 'decade').flatMap((s): Call[] => [
              { name: 'date_trunc', args: [arg(T.UNKNOWN, unit), arg(T.TIMESTAMP, s)] },
              { name: 'date_trunc', args: [arg(T.UNKNOWN, unit), arg(T.TIMESTAMPTZ, s)] },
            ]),
            { name: 'date_trunc', args: [arg(T.UNKNOWN, unit), arg(T.DATE, '2026-03-15')] },
            ...INTERVALS.map((x): Call => ({
              name: 'date_trunc',
              args: [arg(T.UNKNOWN, unit), arg(T.INTERVAL, x)],
            })),
            {
              name: 'date_trunc',
              args: [
                arg(T.UNKNOWN, unit),
                arg(T.TIMESTAMPTZ, '2026-03-15 23:30:00'),
                arg(T.VARCHAR, 'Europe/Berlin'),
              ],
            },
          ]),
          { name: 'date_trunc', args: [arg(T.VARCHAR, 'DAYS'), arg(T.TIMESTAMP, STAMPS[0]!)] },
          { name: 'date_trunc', args: [arg(T.VARCHAR, 'nope'), arg(T.TIMESTAMP, STAMPS[0]!)] },
          { name: 'date_trunc', args: [arg(T.VARCHAR, null), arg(T.TIMESTAMP, STAMPS[0]!)] },
          { name: 'date_trunc', args: [arg(T.UNKNOWN, 'day'), arg(T.UNKNOWN, STAMPS[0]!)] },
          { name: 'date_trunc', args: [arg(T.UNKNOWN, 'day'), arg(T.INTEGER, '1')] },
        ]),
      ).resolves.toEqual([]));

    it('extract', () =>
      expect(
        differences(
          FIELDS.flatMap((field) => [
            ...STAMPS.flatMap((s): Call[] => [
              { name: 'extract', args: [arg(T.UNKNOWN, field), arg(T.TIMESTAMP, s)], sql: extractSql },
              { name: 'extract', args: [arg(T.UNKNOWN, field), arg(T.TIMESTAMPTZ, s)], sql: extractSql },
              { name: 'extract', args: [arg(T.UNKNOWN, field), arg(T.DATE, dateOf(s))], sql: extractSql },
              { name: 'extract', args: [arg(T.UNKNOWN, field), arg(T.TIME, timeOf(s))], sql: extractSql },
            ]),
            ...INTERVALS.map((x): Call => ({
              name: 'extract',
              args: [arg(T.UNKNOWN, field), arg(T.INTERVAL, x)],
              sql: extractSql,
            })),
          ]).filter((call) => !(call.args[0]!.text === 'julian' && /\d:/.test(call.args[1]!.text!))),
        ),
      ).resolves.toEqual([]));

    it('date_part, which returns a double', () =>
      expect(
        differences(
          FIELDS.flatMap((field): Call[] => [
            { name: 'date_part', args: [arg(T.UNKNOWN, field), arg(T.TIMESTAMP, STAMPS[0]!)] },
            { name: 'date_part', args: [arg(T.UNKNOWN, field), arg(T.INTERVAL, INTERVALS.at(-1)!)] },
          ]),
          1e-15,
        ),
      ).resolves.toEqual([]));

    it('date_bin', () =>
      expect(
        differences(
          ['15 minutes', '7 days', '1 day 01:00:00', '1 mon', '0', '-1 day'].flatMap((stride) =>
            STAMPS.slice(0, 8).map((s): Call => ({
              name: 'date_bin',
              args: [arg(T.INTERVAL, stride), arg(T.TIMESTAMP, s), arg(T.TIMESTAMP, '2001-01-01 00:02:30')],
            })),
          ),
        ),
      ).resolves.toEqual([]));

    it('AT TIME ZONE', () =>
      expect(
        differences(
          ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', '+02', '-03:30']
            .flatMap((zone) =>
              [
                '2026-03-29 02:30:00',
                '2026-10-25 02:30:00',
                '2026-03-08 02:30:00',
                '2026-11-01 01:30:00',
                '2026-07-01 00:00:00',
                '1990-04-01 12:00:00.25',
                '1850-03-01 12:00:00',
                '1700-02-28 23:59:59.999999',
                '1500-03-01 12:00:00',
              ].flatMap((s): Call[] => [
                { name: 'timezone', args: [arg(T.UNKNOWN, zone), arg(T.TIMESTAMP, s)] },
                { name: 'timezone', args: [arg(T.UNKNOWN, zone), arg(T.TIMESTAMPTZ, s)] },
              ]),
            )
            .concat([
              { name: 'timezone', args: [arg(T.UNKNOWN, 'Nowhere/Land'), arg(T.TIMESTAMP, STAMPS[0]!)] },
            ]),
        ),
      ).resolves.toEqual([]));

    it('make_date, make_time, make_timestamp and to_timestamp', () => {
      const ints = (...xs: string[]): ReturnType<typeof arg>[] => xs.map((x) => arg(T.INTEGER, x));
      return expect(
        differences([
          { name: 'make_date', args: ints('2026', '3', '15') },
          { name: 'make_date', args: ints('2026', '2', '29') },
          { name: 'make_date', args: ints('2026', '13', '1') },
          { name: 'make_time', args: [...ints('23', '59'), arg(T.DOUBLE, '59.9999999')] },
          { name: 'make_time', args: [...ints('24', '0'), arg(T.DOUBLE, '1')] },
          { name: 'make_timestamp', args: [...ints('2026', '3', '15', '7', '8'), arg(T.DOUBLE, '9.5')] },
          { name: 'make_timestamptz', args: [...ints('2026', '3', '15', '7', '60'), arg(T.DOUBLE, '9.5')] },
          ...['0', '1.5', '1773577655.123456', '-0.000001', '-86400.5', 'NaN'].map((x): Call => ({
            name: 'to_timestamp',
            args: [arg(T.DOUBLE, x)],
          })),
        ]),
      ).resolves.toEqual([]);
    });
  });

  describe('templates, compared with PostgreSQL', () => {
    it('format timestamps', () =>
      expect(
        differences(
          [
            'YYYY-MM-DD HH24:MI:SS.US',
            'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"',
            'HH12:MI AM',
            'hh:mi:ss p.m.',
            'Day, DD Month YYYY',
            'FMDay, FMDDth FMMonth YYYY',
            'TMMonth TMmon TMDay TMDD FM"x" FmMM',
            'RM|rm|FMRM|FMrm',
            'FXYYYY DDSP DDthSP',
            'DAY DY Dy dy MON Mon mon',
            'month',
            'DDD D ID J Q W WW IW IYYY IDDD CC',
            'YYY YY Y IYY IY I',
            'SSSS SSSSS',
            'Y,YYY',
            'FF1 FF3 FF6',
            'DDTH DDth FMMMth',
            'TZ tz OF TZH:TZM',
            'BC ad A.D.',
            '"quoted YYYY" \\"YYYY\\"',
            'YYYYMMDDHH24',
            'FMHH24:FMMI',
            '',
            'xyz!',
            'yyyy-mm-dd',
          ].flatMap((t) =>
            STAMPS.slice(0, 12).flatMap((s): Call[] => [
              { name: 'to_char', args: [arg(T.TIMESTAMP, s), arg(T.UNKNOWN, t)] },
              { name: 'to_char', args: [arg(T.TIMESTAMPTZ, s), arg(T.UNKNOWN, t)] },
            ]),
          ),
        ),
      ).resolves.toEqual([]));

    it('read dates and timestamps', () =>
      expect(
        differences(
          [
            ['2026-03-15', 'YYYY-MM-DD'],
            ['15/03/2026', 'DD/MM/YYYY'],
            ['20260315', 'YYYYMMDD'],
            ['15 Mar 2026', 'DD Mon YYYY'],
            ['March 5, 2026', 'Month DD, YYYY'],
            ['26-03-15', 'YY-MM-DD'],
            ['71-03-15', 'YY-MM-DD'],
            ['2026-074', 'YYYY-DDD'],
            ['2026-03-15 13:14:15.678', 'YYYY-MM-DD HH24:MI:SS.MS'],
            ['2026-03-15 01:14 PM', 'YYYY-MM-DD HH12:MI PM'],
            ['2026-03-15T13:14:15', 'YYYY-MM-DD"T"HH24:MI:SS'],
            ['2026-02-30', 'YYYY-MM-DD'],
            ['x', 'YYYY-MM-DD'],
            ['2026-03-15 25:00', 'YYYY-MM-DD HH24:MI'],
            ['2026 03 15', 'YYYY-MM-DD'],
            ['2026/3/5', 'YYYY-MM-DD'],
            ['2026-03-15 13:14:15.25', 'YYYY-MM-DD HH24:MI:SS.US'],
            [' 2026-03-15', 'YYYY-MM-DD'],
            ['2026-366', 'YYYY-DDD'],
            ['2024-366', 'YYYY-DDD'],
            ['2026-000', 'YYYY-DDD'],
            ['2026-03-15 12:30', 'YYYY-MM-DD HH:MI'],
            ['2026-03-15 13:30', 'YYYY-MM-DD HH12:MI'],
            // A fraction with more digits than its field has, and one in two fields
            ['2026-03-15 00:00:00.123456789', 'YYYY-MM-DD HH24:MI:SS.US'],
            ['2026-03-15 00:00:00.1234567', 'YYYY-MM-DD HH24:MI:SS.FF6'],
            ['2026-03-15 00:00:00.1234', 'YYYY-MM-DD HH24:MI:SS.MS'],
            ['2026-03-15 00:00:00.0999', 'YYYY-MM-DD HH24:MI:SS.MS'],
            ['2026-03-15 00:00:00.12345678', 'YYYY-MM-DD HH24:MI:SS.FF3'],
            ['2026-03-15 00:00:00.12 000345', 'YYYY-MM-DD HH24:MI:SS.MS US'],
            ['2026-03-15 00:00:00.999 001000', 'YYYY-MM-DD HH24:MI:SS.MS US'],
            ['2026-03-0000000000005', 'YYYY-MM-DD'],
            // Years with fewer than four digits
            ['26-03-15', 'YYYY-MM-DD'],
            ['96/03/15', 'FMYYYY/MM/DD'],
            ['26-03-15', 'YY-MM-DD'],
            ['2026-03-15', 'YY-MM-DD'],
            ['526-03-15', 'YYY-MM-DD'],
            // Suffixes, prefixes and Roman months
            ['15th March 2026', 'DDth Month YYYY'],
            ['1ST March 2026', 'DDTH TMMonth YYYY'],
            ['15 III 2026', 'DD RM YYYY'],
            ['15 viii 2026', 'DD RM YYYY'],
            ['15xii2026', 'DDrmYYYY'],
            ['15 C 2026', 'DD RM YYYY'],
          ].flatMap(([text, t]): Call[] => [
            { name: 'to_date', args: [arg(T.UNKNOWN, text!), arg(T.UNKNOWN, t!)] },
            { name: 'to_timestamp', args: [arg(T.UNKNOWN, text!), arg(T.UNKNOWN, t!)] },
          ]),
        ),
      ).resolves.toEqual([]));

    it('read dates with names and any separators', () => {
      const random = randomFrom(20_221_225);
      const texts = [
        '2022-Dec-25',
        '2022-dec-25',
        '25-December-2022',
        'Dec-25-2022',
        '2022Dec25',
        '25 Dec, 2022',
      ];
      const templates = [
        'YYYY-Mon-DD',
        'DD-Month-YYYY',
        'Mon-DD-YYYY',
        'YYYYMonDD',
        'DD Mon, YYYY',
        'DD/MON/YYYY',
      ];
      const separators = ['-', '/', ' ', '.', ', '];
      const pairs = texts.flatMap((text) => templates.map((t) => [text, t] as const));
      for (let i = 0; i < 150; i++) {
        const [a, b, c, d] = [1, 2, 3, 4].map(() => random.pick(separators)) as [
          string,
          string,
          string,
          string,
        ];
        const [year, month, day] = [random.int(1900, 2100), random.pick(MONTH_NAMES), random.int(10, 28)];
        pairs.push([`${year}${a}${month}${b}${day}`, `YYYY${c}Mon${d}DD`]);
        pairs.push([`${day}${a}${month}${b}${year}`, `DD${c}MON${d}YYYY`]);
      }
      return expect(
        differences(
          pairs.map(([text, t]): Call => ({
            name: 'to_date',
            args: [arg(T.UNKNOWN, text), arg(T.UNKNOWN, t)],
          })),
        ),
      ).resolves.toEqual([]);
    });

    it('to_timestamp rounds seconds to microseconds', () => {
      const random = randomFrom(1_262_349_296);
      const seconds = [
        '1262349296.7890115',
        '0',
        '-0.0000005',
        '946684800.0000005',
        '1e9',
        '-62135596800',
      ].concat(Array.from({ length: 400 }, () => `${random.int(-2e9, 4e9)}.${random.int(0, 99_999_999)}`));
      return expect(
        differences(seconds.map((s): Call => ({ name: 'to_timestamp', args: [arg(T.DOUBLE, s)] }))),
      ).resolves.toEqual([]);
    });

    it('format numbers', () =>
      expect(
        differences(
          [
            '999',
            '000',
            '990',
            '9990999.9',
            '99.99',
            '0.99',
            'FM999.99',
            'FM990.00',
            'FM9,999,990',
            '9,999',
            '999,999.00',
            'S999',
            '999S',
            'MI999',
            '999MI',
            'SFM99',
            'FM0000',
            '0D00',
            'FM.99',
            'FM99.00',
            'FM9.90',
            '9.9',
            'FM0.99',
            '.00',
            '999D',
          ]
            .filter((t) => t !== 'SFM99')
            .flatMap((t) =>
              [
                '0',
                '1',
                '-1',
                '12',
                '485',
                '-485',
                '0.1',
                '-0.1',
                '148.5',
                '1234567.891',
                '999.995',
                '99.9',
              ].map((x): Call => ({ name: 'to_char', args: [arg(T.NUMERIC, x), arg(T.UNKNOWN, t)] })),
            ),
        ),
      ).resolves.toEqual([]));

    it('format floats with 15 digits (REAL with 6), rounding ties to even', () =>
      expect(
        differences(
          [
            '00',
            '99',
            '9.99',
            'S9.9',
            'FM9.9',
            'FM999999999999.0000',
            '9999999999999999.99',
            '99D',
            'MI9.9',
          ].flatMap((t) =>
            [
              '0.5',
              '2.5',
              '-2.5',
              '0.125',
              '0.375',
              '-0.375',
              '1.005',
              '1e15',
              '1e-7',
              '9.995',
              '-0.04',
              '1234.5',
              '99999.95',
              '123456789012.345',
              '1e21',
            ].flatMap((x): Call[] =>
              [T.REAL, T.DOUBLE].map((type) => ({
                name: 'to_char',
                args: [arg(type, x), arg(T.UNKNOWN, t)],
              })),
            ),
          ),
        ),
      ).resolves.toEqual([]));
  });
}

function extractSql(args: readonly string[]): string {
  return `extract(${args[0]!.slice(2, -1)} FROM ${args[1]!})`;
}
