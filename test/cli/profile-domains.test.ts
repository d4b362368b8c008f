import { beforeAll, expect, it } from 'vitest';
import { hasTrending, profileLayout } from '../../src/cli/profile-domains.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

/** A pipeline with a sink for each view, whose query is `SELECT <columns> FROM s`, by id where that is a column. */
function pipelineOf(views: Readonly<Record<string, string>>, options = "primary_key = 'id, sk'"): Pipeline {
  const text = `CREATE TABLE s (id VARCHAR, n INT);${Object.entries(views)
    .map(
      ([name, columns]) => `
      CREATE MATERIALIZED VIEW ${name} AS SELECT ${columns} FROM s ${columns.startsWith('id') ? 'GROUP BY id' : ''};
      CREATE SINK ${name}_out FROM ${name} WITH (connector = 'dynamodb', table = 'profiles', ${options});`,
    )
    .join('')}`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return pipeline;
}

/** Each part's name and sort key, with the prefix before them. */
function partsOf(pipeline: Pipeline): unknown {
  const layout = profileLayout(pipeline);
  return layout && [layout.prefix, ...layout.domains.map(({ name, sortKey }) => [name, sortKey])];
}

const keyed = (sk: string) => `id, '${sk}' AS sk, COUNT(*) AS n`;

it.each<[string, Readonly<Record<string, string>>, unknown]>([
  ['one key', { a: keyed('totals') }, ['', ['totals', 'totals']]],
  ['a common beginning', { a: keyed('p#a'), b: keyed('p#b') }, ['p#', ['a', 'p#a'], ['b', 'p#b']]],
  [
    'two levels in common',
    { a: keyed('p#x#a'), b: keyed('p#x#b') },
    ['p#x#', ['a', 'p#x#a'], ['b', 'p#x#b']],
  ],
  ['nothing in common', { a: keyed('p#a'), b: keyed('q#b') }, ['', ['p#a', 'p#a'], ['q#b', 'q#b']]],
  [
    'one that is the beginning of others',
    { a: keyed('p#'), b: keyed('p#b') },
    ['p#', ['p#', 'p#'], ['b', 'p#b']],
  ],
  [
    'the usual one beside others',
    { a: keyed('audit'), b: keyed('engagement#watch') },
    ['engagement#', ['audit', 'audit'], ['watch', 'engagement#watch']],
  ],
  ['a key that differs from row to row', { a: 'id, MAX(id) AS sk, COUNT(*) AS n' }, undefined],
  [
    'the catalogue, which is nobody’s',
    { a: "'all' AS id, 'catalogue#trending' AS sk, COUNT(*) AS n", b: keyed('mine') },
    ['', ['mine', 'mine']],
  ],
])('parts of a profile: %s', (_, views, parts) => {
  expect(partsOf(pipelineOf(views))).toEqual(parts);
});

it('parts of a profile: the key as an option of the sink', () => {
  const options = "primary_key = 'id', freshet.sort_key = 'spend', freshet.sort_key_name = 'part'";
  const pipeline = pipelineOf({ a: 'id, COUNT(*) AS n' }, options);
  expect(partsOf(pipeline)).toEqual(['', ['spend', 'spend']]);
  expect(profileLayout(pipeline)).toMatchObject({ partitionKey: { name: 'id', type: 'S' }, sortKey: 'part' });
});

it('recommendations need the catalogue’s item', () => {
  expect(hasTrending(pipelineOf({ a: keyed('mine') }))).toBe(false);
  expect(hasTrending(pipelineOf({ a: "'0' AS id, 'catalogue#trending' AS sk, COUNT(*) AS n" }))).toBe(true);
});

it('a key of bytes makes no profile: no path could name it', () => {
  const text = `
    CREATE TABLE s (id BYTEA, n INT);
    CREATE MATERIALIZED VIEW a AS SELECT id, 'totals' AS sk, COUNT(*) AS n FROM s GROUP BY id;
    CREATE SINK o FROM a WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'id, sk');`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  expect(diagnostics).toEqual([]);
  expect(profileLayout(pipeline!)).toBeUndefined();
});
