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

/** Reported fields as `field -> column: records with it, first at`, equal for scanners and the exact path. */
function told(
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
  it('are told when they resemble a column that is missing, with the number of records', () => {
    const payloads = Array.from({ length: 9 }, (_, i) => `{"viewerid":${i},"watch_secs":3}`);
    expect(told(['{"viewer_id":1}', ...payloads], { generated })).toEqual([
      'viewerid -> viewer_id: 9 at 1',
      'watch_secs -> watch_seconds: 9 at 1',
    ]);
  });

  it('are told once for each batch, also of a column that nobody reads', () => {
    const payloads = Array.from({ length: 5 }, (_, i) => `{"ViewerId":${i},"titel":"x"}`);
    const more = { generated, capacity: 3, wanted: [true, false, false] };
    expect(told(payloads, more)).toEqual([
      'ViewerId -> viewer_id: 3 at 0',
      'titel -> title: 3 at 0',
      'ViewerId -> viewer_id: 2 at 3',
      'titel -> title: 2 at 3',
    ]);
  });

  it.each([
    ['resembles no column', '{"viewer_id":1,"region":"x","device":"tv","id":7,"ts":9}'],
    ['stands beside the column that it resembles', '{"viewer_id":1,"viewerid":2,"title":"x","titles":["x"]}'],
    ['is the column in another case', '{"VIEWER_ID":1,"Title":"x"}'],
    ['is longer than any name', `{"${'viewer_id'.repeat(20)}":1}`],
    ['lies inside another', '{"meta":{"viewerid":1}}'],
  ])('are not told where one %s', (_, payload) => {
    expect(told([payload, payload], { generated })).toEqual([]);
  });

  it('are few: random names cost nothing more after the first thousand, and a hundred are told', () => {
    const near = Array.from({ length: 300 }, (_, i) => `{"viewer_id${String.fromCharCode(0x3b1 + i)}":1}`);
    expect(told(near, { generated, capacity: 1000 })).toHaveLength(100);
    const far = Array.from({ length: 1000 }, (_, i) => `{"random${i}x${i}":1}`);
    expect(told([...far, '{"viewerid":1}'], { generated, capacity: 2000 })).toEqual([]);
  });
});

it('a record that is refused for a missing column says which field may be meant', () => {
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

it('the names of a CSV header are looked at in the same way', () => {
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
