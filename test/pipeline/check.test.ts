import { beforeAll, expect, test } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

const SOURCES = `
  CREATE SOURCE plays (id BIGINT, viewer BIGINT)
  WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
  CREATE MATERIALIZED VIEW copies AS SELECT id, viewer FROM plays;
  CREATE MATERIALIZED VIEW totals AS SELECT viewer, count(*) AS n FROM plays GROUP BY viewer;
`;
const files = (view: string, options: string, name = 's'): string =>
  `CREATE SINK ${name} FROM ${view} WITH (connector = 'posix_fs', ${options});`;
const items = (options: string, name: string): string =>
  `CREATE SINK ${name} FROM totals WITH (connector = 'dynamodb', table = 't_1', primary_key = 'viewer', ${options});`;

test.each([
  [files('copies', "posix_fs.root = 'out'"), []],
  [files('totals', "posix_fs.root = 'out', force_append_only = 'true', type = 'append-only'"), []],
  [
    files('totals', "posix_fs.root = 'out'"),
    ['sink "s": rows of "totals" are updated or deleted, but files are append-only'],
  ],
  [
    files('copies', "posix_fs.root = 'out'") + files('copies', "posix_fs.root = './out/'", 't'),
    ['sink "t": sinks "s" and "t" both write to folder "./out/"'],
  ],
  [files('copies', "posix_fs.root = 'a'") + files('copies', "posix_fs.root = 'b'", 't'), []],
  [files('copies', "posix_fs.root = 'a'") + files('copies', "posix_fs.root = '/a'", 't'), []],
  [files('copies', ''), [`option "posix_fs.root" of connector 'posix_fs' is missing`]],
  [
    items("region = 'eu-west-1', freshet.sort_key = 'a'", 's') + items("region = 'eu-west-1'", 't'),
    ['sink "t": sinks "s" and "t" write to table "t_1" with different keys: (viewer N, sk S) and (viewer N)'],
  ],
] as const)('reports sinks that cannot run: %s', (sinks, messages) => {
  const bound = bindPipeline('p', [{ name: 'p.sql', text: SOURCES + sinks }], {});
  const { pipeline, diagnostics } = checkPipeline(bound);
  expect(diagnostics.map(({ message }) => message)).toEqual(messages);
  expect(pipeline === undefined).toBe(messages.length > 0);
});
