import { expect, test } from 'vitest';
import { formatOfFile } from '../../src/sources/formats.ts';
import { TINY_PIPELINE } from '../runtime/support/tiny-pipeline.ts';

const [source] = TINY_PIPELINE.sources;

test.each([
  ['a.csv', 'json', 'csv'],
  ['a.CSV.gz', 'json', 'csv'],
  ['a.ndjson', 'csv', 'json'],
  ['a.jsonl.gz', 'csv', 'json'],
  ['a.unknown', 'csv', 'csv'],
  ['a', 'json', 'json'],
  ['a.csv.bak', 'json', 'json'],
])('%s of a source with ENCODE %s is read as %s', (path, encode, format) => {
  expect(formatOfFile(path, { ...source!, encode }).spec.name).toBe(format);
});
