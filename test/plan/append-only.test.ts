import { beforeAll, expect, test } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { viewOnlyAppends } from '../../src/plan/append-only.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

const SOURCES = `
  CREATE SOURCE plays (id BIGINT, viewer BIGINT, at TIMESTAMPTZ)
  WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
  CREATE TABLE titles (title BIGINT PRIMARY KEY, name VARCHAR);
  CREATE TABLE notes (id BIGINT, note VARCHAR) APPEND ONLY;
  CREATE MATERIALIZED VIEW totals AS SELECT viewer, count(*) AS n FROM plays GROUP BY viewer;
  CREATE MATERIALIZED VIEW copies AS SELECT id, viewer FROM plays WHERE viewer > 0;
`;

test.each([
  ['SELECT id + 1 AS x FROM plays WHERE viewer > 3', true],
  ['SELECT id FROM copies', true],
  ['SELECT id FROM plays UNION ALL SELECT id FROM notes', true],
  ['SELECT p.id, n.note FROM plays p JOIN notes n ON n.id = p.id', true],
  ['SELECT id FROM plays UNION ALL SELECT title FROM titles', false],
  ['SELECT p.id, n.note FROM plays p LEFT JOIN notes n ON n.id = p.id', false],
  ['SELECT p.id, t.name FROM plays p JOIN titles t ON t.title = p.id', false],
  ['SELECT viewer FROM totals', false],
  ["SELECT id FROM plays WHERE at > now() - INTERVAL '1 day'", false],
  ['SELECT id, at < now() AS is_past FROM plays', false],
  ['SELECT id FROM plays ORDER BY id LIMIT 3', false],
  ['SELECT DISTINCT viewer FROM plays', false],
] as const)('viewOnlyAppends: %s: %s', (query, expected) => {
  const text = `${SOURCES} CREATE MATERIALIZED VIEW v AS ${query};`;
  const { pipeline, diagnostics } = bindPipeline('p', [{ name: 'p.sql', text }], {});
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(viewOnlyAppends('v', pipeline!)).toBe(expected);
});
