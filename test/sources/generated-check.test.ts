import { expect, test } from 'vitest';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import type { SourceDef } from '../../src/plan/pipeline.ts';
import { createCsvDecoder } from '../../src/sources/csv/decoder.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { decodeAll, makeRecords } from './support/source.ts';

async function sourceOf(columns: string, encode: string): Promise<SourceDef> {
  await loadParser();
  const text = `CREATE TABLE t (${columns}) WITH (connector = 'kafka', topic = 't') FORMAT PLAIN ENCODE ${encode};`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return pipeline!.sources[0]!;
}

const EVENTS = ['{"at":"2026-03-15 10:00:00","n":1}', '{"n":2}', '{"at":"2026-03-16 10:00:00","n":"x"}', '{'];

test.each(['day DATE NOT NULL AS at::DATE', 'day DATE AS at::DATE, PRIMARY KEY (day)'])(
  'a record whose generated column is NULL despite NOT NULL or a key is refused: %s',
  async (day) => {
    const source = await sourceOf(`at TIMESTAMP, n INT, ${day}`, 'JSON');
    for (const wanted of [
      [true, true, true],
      [false, true, false],
    ]) {
      const pool = new StringPool();
      const decoder = createJsonDecoder(source, wanted, pool);
      const decoded = decodeAll(decoder, makeRecords(EVENTS), { source, pool, wanted, capacity: 2 });
      expect(decoded.rows.map((row) => row[1])).toEqual([1, null]);
      expect(decoded.rows.map((row) => row[2])).toEqual([null, null]); // the engine computes the generated column
      expect(
        decoded.problems.map(({ record, reason, column, refused }) => [record, reason, column, refused]),
      ).toEqual([
        [1, 'not_null', 'day', true],
        [2, 'wrong_type', 'n', false],
        [3, 'malformed', undefined, true],
      ]);
    }
  },
);

test('a failing expression of a NOT NULL column refuses the record; texts of CSV stay unchanged', async () => {
  const source = await sourceOf('a VARCHAR, b INT, c INT NOT NULL AS 10 / b', 'CSV (without_header = true)');
  const wanted = [true, false, true];
  const decoder = createCsvDecoder(source, wanted);
  const records = makeRecords(['x,5', 'y,0', 'z,', 'w,2']);
  const { rows, problems } = decodeAll(decoder, records, { source, pool: new StringPool(), wanted });
  expect(rows.map((row) => row[0])).toEqual(['x', 'w']);
  expect(problems.map(({ record, message }) => [record, message])).toEqual([
    [1, 'column "c" must not be NULL: division by zero'],
    [2, 'column "c" must not be NULL: its expression is NULL'],
  ]);
});

test('a value read as NULL is reported for a kept record, and is the reason for a refused one', async () => {
  const source = await sourceOf('at TIMESTAMP, n INT, day DATE NOT NULL AS at::DATE', 'JSON');
  const pool = new StringPool();
  const decoder = createJsonDecoder(source, [true, true, true], pool);
  const good = '{"at":"2026-03-15","n":1}';
  const records = makeRecords([
    '{"at":"soon","n":"x"}',
    good,
    '{"at":"2026-03-15","n":"y"}',
    '{',
    '{"n":"z"}',
    good,
  ]);
  const { rows, problems } = decodeAll(decoder, records, { source, pool });
  expect(rows.map((row) => row[1])).toEqual([1, null, 1]);
  const whyNot = 'column "day" must not be NULL: its expression is NULL';
  expect(problems.map(({ record, message }) => [record, message])).toEqual([
    [0, `${whyNot}; column "at": expected TIMESTAMP, got "soon"`],
    [2, 'column "n": expected INTEGER, got "y"'],
    [3, 'expected a key, got the end at byte 1'],
    [4, whyNot],
  ]);
});
