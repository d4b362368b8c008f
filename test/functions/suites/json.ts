import { describe, expect, it } from 'vitest';
import { compareDatum, datumKey, equalDatum } from '../../../src/values/compare.ts';
import { canonicalJson } from '../../../src/values/json.ts';
import * as T from '../../../src/values/types.ts';
import { arg, compareCalls } from '../support/compare.ts';
import type { Arg, Call } from '../support/compare.ts';
import { literal } from '../support/postgres.ts';
import type { Postgres } from '../support/postgres.ts';

const DOCUMENTS = [
  '{"a": 1, "b": {"c": [10, "x", null, {"d": true}]}, "n": null, "": 5}',
  '[1, "a", null, [2, 3], {"a": "b"}]',
  '{}',
  '[]',
  '"a"',
  '5',
  'null',
  'true',
];
const PATHS = [
  '{}',
  '{a}',
  '{b,c}',
  '{b,c,1}',
  '{b,c,-1,d}',
  '{4,a}',
  '{3,0}',
  '{x}',
  '{b,NULL}',
  '{n}',
  '{0}',
];
const TEXTS = T.arrayOf(T.VARCHAR);

function on(names: readonly string[], docs: readonly string[], others: readonly Arg[]): Call[] {
  return names.flatMap((name) =>
    docs.flatMap((doc) => others.map((o): Call => ({ name, args: [arg(T.JSONB, doc), o] }))),
  );
}
const texts = (...items: string[]): Arg[] => items.map((item) => arg(T.VARCHAR, item));
const unary = (name: string, items: readonly Arg[]): Call[] => items.map((item) => ({ name, args: [item] }));

export function jsonSuite(postgres: () => Postgres): void {
  const differences = (...list: Call[][]): Promise<string[]> => compareCalls(postgres(), list.flat());

  describe('jsonb functions, compared with PostgreSQL', () => {
    it('take members', () =>
      expect(
        differences(
          on(['->', '->>'], DOCUMENTS, texts('a', 'b', 'n', '', 'x', '0')),
          on(
            ['->', '->>'],
            DOCUMENTS,
            [0, 1, 3, 9, -1, -9].map((i) => arg(T.INTEGER, String(i))),
          ),
          on(['->', '->>'], DOCUMENTS, [arg(T.UNKNOWN, 'a'), arg(T.UNKNOWN, null)]),
          on(
            ['#>', '#>>'],
            DOCUMENTS,
            PATHS.map((path) => arg(TEXTS, path)),
          ),
          ['jsonb_extract_path', 'jsonb_extract_path_text'].flatMap((name) =>
            DOCUMENTS.map((doc): Call => ({
              name,
              args: [arg(T.JSONB, doc), arg(T.UNKNOWN, 'b'), arg(T.UNKNOWN, 'c')],
            })),
          ),
        ),
      ).resolves.toEqual([]));

    it('keep the digits of a number as written, and compare by value', async () => {
      const numbers =
        '1.10 1.1 1 1.0 1.00 -0 -0.0 0 0.00 1e2 1E-3 1.50e1 15.0 -1.10e-1 100 1e0 0e5 0.0e3 0e-3 12345678901234567890.10 ' +
        '1e30 123456789.123456789012345678901234567890 5e-20';
      const scaled = numbers.split(' ');
      const nested = scaled.map((n) => `{"v": ${n}, "w": [${n}, "1.10", {"x": ${n}}]}`);
      expect(
        await differences(
          on(['->', '->>'], nested, texts('v', 'w')),
          on(['#>>'], nested, [arg(TEXTS, '{w,0}'), arg(TEXTS, '{w,2}')]),
          on(
            ['@>', '<@', '||'],
            ['1.10', '[1.0, 0.00]', '{"v": 1.1}', '{"w": [{"x": 15}]}'],
            [...scaled, ...nested].map((doc) => arg(T.JSONB, doc)),
          ),
          unary(
            'jsonb_pretty',
            nested.map((doc) => arg(T.JSONB, doc)),
          ),
        ),
      ).toEqual([]);
      const pairs = nested.flatMap((a) => nested.map((b) => [a, b] as const));
      const theirs = await postgres().ask(
        pairs.map(([a, b]) => `sign(jsonb_cmp(${literal(a)}::jsonb, ${literal(b)}::jsonb))::int`),
      );
      const wrong = pairs.filter(([a, b], i) => {
        const [x, y] = [canonicalJson(a), canonicalJson(b)];
        const order = Math.sign(compareDatum(T.JSONB, x, y));
        const isOne = datumKey(T.JSONB, x) === datumKey(T.JSONB, y);
        return String(order) !== theirs[i] || isOne !== (order === 0) || equalDatum(T.JSONB, x, y) !== isOne;
      });
      expect(wrong).toEqual([]);
    });

    it('test containment and keys', () => {
      const parts = [
        '{}',
        '[]',
        '{"a": 1}',
        '{"b": {"c": [null]}}',
        '[1]',
        '[[2]]',
        '"a"',
        '5',
        '[{"a": "b"}]',
        'null',
        '[1, 1]',
        '{"b": {}}',
      ];
      return expect(
        differences(
          on(
            ['@>', '<@'],
            [...DOCUMENTS, ...parts],
            parts.map((part) => arg(T.JSONB, part)),
          ),
          on(['?'], DOCUMENTS, texts('a', 'x', '', '1')),
          on(['?|', '?&'], DOCUMENTS, [
            arg(TEXTS, '{a,x}'),
            arg(TEXTS, '{a,n}'),
            arg(TEXTS, '{}'),
            arg(TEXTS, '{a,NULL}'),
          ]),
        ),
      ).resolves.toEqual([]);
    });

    it('order documents', async () => {
      const documents =
        `null "" "b" "aa" 0 -1 10 9.5 true false [] [0] [1] [[]] [null] [1,2] {} {"b":1} {"aa":1} {"a":1}
        {"b":1,"cc":5} {"aa":1,"c":2} {"a":[]} {"a":null} {"a":{"":1}} {"":1}`.split(/\s+/);
      const pairs = documents.flatMap((a) => documents.map((b) => [a, b] as const));
      const theirs = await postgres().ask(
        pairs.map(([a, b]) => `${literal(a)}::jsonb < ${literal(b)}::jsonb`),
      );
      const mine = pairs.map(([a, b]) =>
        String(compareDatum(T.JSONB, canonicalJson(a), canonicalJson(b)) < 0),
      );
      expect(pairs.filter((_, i) => mine[i] !== theirs[i])).toEqual([]);
    });

    it('change documents', () =>
      expect(
        differences(
          on(['-'], DOCUMENTS, [
            ...texts('a', 'x'),
            arg(TEXTS, '{a,b}'),
            arg(T.INTEGER, '0'),
            arg(T.INTEGER, '-1'),
            arg(T.INTEGER, '9'),
          ]),
          on(
            ['||'],
            DOCUMENTS,
            DOCUMENTS.map((doc) => arg(T.JSONB, doc)),
          ),
          DOCUMENTS.flatMap((doc) =>
            ['{}', '{a}', '{b,c,0}', '{b,c,99}', '{b,c,-99}', '{x,y}', '{x}', '{b,c,q}', '{-1}'].flatMap(
              (path): Call[] => [
                { name: 'jsonb_set', args: [arg(T.JSONB, doc), arg(TEXTS, path), arg(T.JSONB, '"new"')] },
                {
                  name: 'jsonb_set',
                  args: [arg(T.JSONB, doc), arg(TEXTS, path), arg(T.JSONB, '[1]'), arg(T.BOOLEAN, 'f')],
                },
              ],
            ),
          ),
          ...['jsonb_strip_nulls', 'jsonb_pretty', 'jsonb_typeof', 'jsonb_array_length'].map((name) =>
            unary(
              name,
              DOCUMENTS.map((doc) => arg(T.JSONB, doc)),
            ),
          ),
        ),
      ).resolves.toEqual([]));

    it('build documents from values of any type', () => {
      const values = [
        arg(T.INTEGER, '7'),
        arg(T.BIGINT, '9223372036854775807'),
        arg(T.NUMERIC, '0.1'),
        arg(T.DOUBLE, '0.1'),
        arg(T.DOUBLE, '1e20'),
        arg(T.DOUBLE, '1e-7'),
        arg(T.DOUBLE, 'NaN'),
        arg(T.REAL, '0.1'),
        arg(T.BOOLEAN, 't'),
        arg(T.VARCHAR, 'a"b\\c\n'),
        arg(T.UNKNOWN, 'lit'),
        arg(T.DATE, '2026-03-15'),
        arg(T.TIMESTAMP, '2026-03-15 01:02:03.5'),
        arg(T.TIMESTAMPTZ, '2026-03-15 01:02:03'),
        arg(T.TIME, '01:02:03'),
        arg(T.INTERVAL, '1 day 02:00:00'),
        arg(T.JSONB, '{"b": 1, "a": [1, 2]}'),
        arg(T.arrayOf(T.INTEGER), '{1,NULL,3}'),
        arg(T.arrayOf(T.VARCHAR), '{a,"b c"}'),
        arg(T.arrayOf(T.TIMESTAMP), '{2026-03-15 01:02:03}'),
        arg(T.VARCHAR, null),
        arg(T.BYTEA, 'ab'),
      ];
      return expect(
        differences(
          unary(
            'to_jsonb',
            values.filter((v) => v.type.kind !== 'unknown' && v.text !== null),
          ),
          values.map((v): Call => ({ name: 'jsonb_build_array', args: [v, v] })),
          values.map((v): Call => ({
            name: 'jsonb_build_object',
            args: [arg(T.UNKNOWN, 'long key'), v, arg(T.UNKNOWN, 'k'), v],
          })),
          values
            .filter((v) => v.type.kind !== 'array' && v.type.kind !== 'jsonb')
            .map((v): Call => ({ name: 'jsonb_build_object', args: [v, arg(T.INTEGER, '1')] })),
          [
            { name: 'jsonb_build_array', args: [] },
            { name: 'jsonb_build_object', args: [] },
            {
              name: 'jsonb_build_object',
              args: [arg(T.UNKNOWN, 'a'), arg(T.INTEGER, '1'), arg(T.UNKNOWN, 'a'), arg(T.INTEGER, '2')],
            },
            { name: 'jsonb_object', args: [arg(TEXTS, '{b,1,a,NULL}')] },
            { name: 'jsonb_object', args: [arg(TEXTS, '{b,a}'), arg(TEXTS, '{1,2}')] },
            { name: 'jsonb_object', args: [arg(TEXTS, '{b,NULL}'), arg(TEXTS, '{1,2}')] },
            { name: 'jsonb_object', args: [arg(TEXTS, '{b}')] },
          ].filter((call) => call.args.length !== 1 || call.args[0]!.text !== '{b}'),
        ),
      ).resolves.toEqual([]);
    });
  });
}
