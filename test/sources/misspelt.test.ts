import { describe, expect, it } from 'vitest';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createCsvDecoder } from '../../src/sources/csv/decoder.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { BIGINT, INTEGER, VARCHAR } from '../../src/values/types.ts';
import { type ColumnSpec, decodeAll, makeRecords, makeSource, options } from './support/source.ts';

const COLUMNS: readonly ColumnSpec[] = [
  { name: 'viewer_id', type: BIGINT },
  { name: 'watch_seconds', type: INTEGER },
  { name: 'title', type: VARCHAR },
];

/** Returns the reported fields as `field -> column: number of records at first record`. */
function reported(
  payloads: readonly string[],
  more: { generated?: boolean; capacity?: number; wanted?: readonly boolean[] } = {},
): string[] {
  const source = makeSource(COLUMNS);
  const pool = new StringPool();
  const wanted = more.wanted ?? [true, true, true];
  const decoder = createJsonDecoder(source, wanted, pool, { generated: more.generated });
  const { problems } = decodeAll(decoder, makeRecords(payloads), { source, pool, wanted, ...more });
  return problems.map(({ reason, field, column, count, record, refused }) => {
    expect({ reason, refused }).toEqual({ reason: 'misspelt', refused: false });
    return `${field} -> ${column}: ${count} at ${record}`;
  });
}

describe.each([true, false])('fields that reach no column (generated scanners: %s)', (generated) => {
  it('are reported if they resemble a missing column, with the number of records', () => {
    const payloads = Array.from({ length: 9 }, (_, i) => `{"viewerid":${i},"watch_secs":3}`);
    expect(reported(['{"viewer_id":1}', ...payloads], { generated })).toEqual([
      'viewerid -> viewer_id: 9 at 1',
      'watch_secs -> watch_seconds: 9 at 1',
    ]);
  });

  it('are reported once per batch, also for a column that no plan reads', () => {
    const payloads = Array.from({ length: 5 }, (_, i) => `{"ViewerId":${i},"titel":"x"}`);
    const more = { generated, capacity: 3, wanted: [true, false, false] };
    expect(reported(payloads, more)).toEqual([
      'ViewerId -> viewer_id: 3 at 0',
      'titel -> title: 3 at 0',
      'ViewerId -> viewer_id: 2 at 3',
      'titel -> title: 2 at 3',
    ]);
  });

  it.each([
    ['resembles no column', '{"viewer_id":1,"region":"x","device":"tv","id":7,"ts":9}'],
    ['is beside the column that it resembles', '{"viewer_id":1,"viewerid":2,"title":"x","titles":["x"]}'],
    ['is the column in another case', '{"VIEWER_ID":1,"Title":"x"}'],
    ['is longer than any name', `{"${'viewer_id'.repeat(20)}":1}`],
    ['is inside another field', '{"meta":{"viewerid":1}}'],
  ])('are not reported if the field %s', (_, payload) => {
    expect(reported([payload, payload], { generated })).toEqual([]);
  });

  it('are limited: at most a hundred are reported, and names after the first thousand are not checked', () => {
    const near = Array.from({ length: 300 }, (_, i) => `{"viewer_id${String.fromCharCode(0x3b1 + i)}":1}`);
    expect(reported(near, { generated, capacity: 1000 })).toHaveLength(100);
    const far = Array.from({ length: 1000 }, (_, i) => `{"random${i}x${i}":1}`);
    expect(reported([...far, '{"viewerid":1}'], { generated, capacity: 2000 })).toEqual([]);
  });
});

it('the refusal of a record without a required column names the field that may be meant', () => {
  const columns: readonly ColumnSpec[] = [{ name: 'viewer_id', type: BIGINT, notNull: true }];
  const source = makeSource(columns);
  const pool = new StringPool();
  const decoder = createJsonDecoder(source, [true], pool);
  expect(decodeAll(decoder, makeRecords(['{"viewerId":1}']), { source, pool })).toEqual({
    rows: [],
    problems: [
      {
        reason: 'not_null',
        column: 'viewer_id',
        message: 'column "viewer_id" must not be NULL: the key is missing; is "viewerId" meant for it?',
        refused: true,
        record: 0,
      },
    ],
  });
});

it('a misspelt name in a CSV header is reported as well', () => {
  const source = makeSource(COLUMNS, { encode: 'csv', encodeOptions: options() });
  const decoder = createCsvDecoder(source, [true, true, true]);
  const header = ['viewer id', 'watch_seconds', 'colour'];
  const { problems } = decodeAll(decoder, makeRecords(['1,2,red', '3,4,blue'], { header }), {
    source,
    pool: new StringPool(),
  });
  expect(problems).toEqual([
    {
      reason: 'misspelt',
      field: 'viewer id',
      column: 'viewer_id',
      count: 2,
      message: 'no column takes the field "viewer id": did you mean "viewer_id"?',
      refused: false,
      record: 0,
    },
  ]);
});
