import { expect, test } from 'vitest';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { RecentKeys } from '../../src/runtime/recent-keys.ts';
import { BIGINT, INTEGER, TIMESTAMPTZ } from '../../src/values/types.ts';

function changes(...rows: readonly (readonly [key: bigint | null, weight: 1 | -1])[]): Batch {
  const batch = new Batch([INTEGER, BIGINT], 16, new StringPool(16));
  for (const [key, weight] of rows) batch.append([0, key], weight);
  return batch;
}

test('keys are listed once each, the last changed first, with the time of the change; deleted rows are skipped', () => {
  const recent = new RecentKeys('v', 1);
  expect(recent.list()).toEqual([]);
  recent.note(changes([1n, 1], [2n, 1]), 10);
  recent.note(changes([3n, -1], [3n, 1], [4n, -1], [null, 1]), 20);
  recent.note(changes([2n, 1]), 30);
  expect(recent.list().map(({ key, changed_us }) => [key, changed_us])).toEqual([
    ['2', 30],
    ['3', 20],
    ['1', 10],
  ]);
});

test('only the last eight keys are kept', () => {
  const recent = new RecentKeys('v', 1);
  for (let i = 0n; i < 50n; i++) recent.note(changes([i, 1]), Number(i));
  expect(recent.list().map(({ key }) => key)).toEqual(['49', '48', '47', '46', '45', '44', '43', '42']);
});

test('a key is listed as the item has it', () => {
  const recent = new RecentKeys('v', 0);
  const batch = new Batch([TIMESTAMPTZ], 1, new StringPool(16));
  batch.append([Date.UTC(2026, 2, 15, 12) * 1000], 1);
  recent.note(batch, 10);
  expect(recent.list().map(({ key }) => key)).toEqual(['2026-03-15 12:00:00+00:00']);
});
