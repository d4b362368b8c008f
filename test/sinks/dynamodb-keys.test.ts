import { expect, test } from 'vitest';
import { Column } from '../../src/engine/column.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { KeyEncoder } from '../../src/sinks/dynamodb/key-encoder.ts';
import { VARCHAR } from '../../src/values/types.ts';

test('the key is that of the current text, also if the text reuses the id of a freed one', () => {
  const encoder = new KeyEncoder({
    columns: [{ name: 'title', type: VARCHAR, nullable: false }],
    primaryKey: [0],
    sortKey: undefined,
    sortKeyName: 'sk',
  });
  const pool = new StringPool();
  const column = new Column(VARCHAR, 1, pool);
  const keys = ['a', 'b', 'b', 'c'].map((title) => {
    pool.sweep(() => {});
    column.set(0, title);
    return [column.v[0], encoder.encode([column], 0)];
  });
  expect(keys).toEqual(['a', 'b', 'b', 'c'].map((title) => [0, `"title":{"S":"${title}"}`]));
});
