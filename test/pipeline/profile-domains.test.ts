import { beforeAll, expect, it } from 'vitest';
import { profileLayout, storeOptions } from '../../src/pipeline/profile-domains.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

/** Binds a view `SELECT <columns> FROM s` and a sink for each entry; grouped by id if the columns begin with it. */
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

/** Returns the layout's common prefix, then the name and sort key of each domain. */
function partsOf(pipeline: Pipeline): unknown {
  const layout = profileLayout(pipeline);
  return layout && [layout.prefix, ...layout.domains.map(({ name, sortKey }) => [name, sortKey])];
}

const keyed = (sk: string) => `id, '${sk}' AS sk, COUNT(*) AS n`;

it.each<[string, Readonly<Record<string, string>>, unknown]>([
  ['one sort key', { a: keyed('totals') }, ['', ['totals', 'totals']]],
  ['a common prefix', { a: keyed('p#a'), b: keyed('p#b') }, ['p#', ['a', 'p#a'], ['b', 'p#b']]],
  [
    'a common prefix of two levels',
    { a: keyed('p#x#a'), b: keyed('p#x#b') },
    ['p#x#', ['a', 'p#x#a'], ['b', 'p#x#b']],
  ],
  ['no common prefix', { a: keyed('p#a'), b: keyed('q#b') }, ['', ['p#a', 'p#a'], ['q#b', 'q#b']]],
  [
    'a sort key that is the prefix of others',
    { a: keyed('p#'), b: keyed('p#b') },
    ['p#', ['p#', 'p#'], ['b', 'p#b']],
  ],
  [
    'a sort key with the usual prefix beside one without',
    { a: keyed('audit'), b: keyed('engagement#watch') },
    ['engagement#', ['audit', 'audit'], ['watch', 'engagement#watch']],
  ],
  [
    'no profile if the sort key differs from row to row',
    { a: 'id, MAX(id) AS sk, COUNT(*) AS n' },
    undefined,
  ],
  [
    'without the item of the catalogue, which belongs to no viewer',
    { a: "'all' AS id, 'catalogue#trending' AS sk, COUNT(*) AS n", b: keyed('mine') },
    ['', ['mine', 'mine']],
  ],
])('domains of a profile: %s', (_, views, parts) => {
  expect(partsOf(pipelineOf(views))).toEqual(parts);
});

it('domains of a profile: the sort key as an option of the sink', () => {
  const options = "primary_key = 'id', freshet.sort_key = 'spend', freshet.sort_key_name = 'part'";
  const pipeline = pipelineOf({ a: 'id, COUNT(*) AS n' }, options);
  expect(partsOf(pipeline)).toEqual(['', ['spend', 'spend']]);
  expect(profileLayout(pipeline)).toMatchObject({ partitionKey: { name: 'id', type: 'S' }, sortKey: 'part' });
});

it('a key of type BYTEA makes no profile, because no URL path could name it', () => {
  const text = `
    CREATE TABLE s (id BYTEA, n INT);
    CREATE MATERIALIZED VIEW a AS SELECT id, 'totals' AS sk, COUNT(*) AS n FROM s GROUP BY id;
    CREATE SINK o FROM a WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'id, sk');`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  expect(diagnostics).toEqual([]);
  expect(profileLayout(pipeline!)).toBeUndefined();
});

it('a domain that a layout knows by the name of its sink leaves the names of the others as they are', () => {
  const sink = (name: string, from: string, options: string): string =>
    `CREATE SINK ${name} FROM ${from} WITH (connector = 'dynamodb', table = 'profiles', ${options});`;
  const text = `
    CREATE TABLE s (id VARCHAR, day DATE, n INT);
    CREATE MATERIALIZED VIEW a AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
    CREATE MATERIALIZED VIEW d AS SELECT id, day, COUNT(*) AS m FROM s GROUP BY id, day;
    CREATE MATERIALIZED VIEW w AS SELECT id, SUM(n) AS total FROM s GROUP BY id;
    ${sink('a_out', 'a', "primary_key = 'id', freshet.sort_key = 'p#a'")}
    ${sink('tiles', 'd', "primary_key = 'id,day', freshet.layout = 'daily'")}
    ${sink('totals', 'w', "primary_key = 'id', freshet.layout = 'wide'")}`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  expect(diagnostics).toEqual([]);
  expect(partsOf(pipeline!)).toEqual(['p#', ['a', 'p#a'], ['tiles', 'tiles'], ['totals', 'totals']]);
  expect(Object.values(storeOptions(profileLayout(pipeline!)!).domains)).toMatchObject([
    { layout: 'domain', tag: 'a' },
    { layout: 'daily', tag: 'tiles', columns: [{ name: 'm' }] },
    { layout: 'wide', tag: 'totals', columns: [{ name: 'total' }] },
  ]);
});
