import { beforeAll, describe, expect, it } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

const TABLES = `
  CREATE TABLE shows (show_id INT PRIMARY KEY, title VARCHAR, studio INT);
  CREATE TABLE plays (id INT PRIMARY KEY, viewer_id INT, show_id INT, at TIMESTAMPTZ);`;

function keysOf(query: string): string[] {
  const text = `${TABLES} CREATE MATERIALIZED VIEW v AS ${query};`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const view = pipeline!.views.find((v) => v.name === 'v')!;
  return view.keys.map((key) => key.map((c) => view.columns[c]!.name).join(' '));
}

describe('the binder finds every candidate key of a view', () => {
  it.each([
    [
      'a rank among groups, and the group key',
      `SELECT show_id, n, r FROM (SELECT show_id, n, ROW_NUMBER() OVER (ORDER BY n DESC) AS r FROM
         (SELECT show_id, COUNT(*) AS n FROM plays GROUP BY show_id) c) x WHERE r <= 10`,
      ['show_id', 'r'],
    ],
    [
      'a rank in a partition with the partition, and the key of the row',
      `SELECT id, viewer_id, r FROM (SELECT id, viewer_id, ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY at) AS r
         FROM plays) x WHERE r <= 3`,
      ['id', 'viewer_id r'],
    ],
    [
      'group keys that contain a key of the input',
      'SELECT show_id, title, COUNT(*) AS n FROM shows GROUP BY show_id, title',
      ['show_id'],
    ],
    [
      'a constant among the group keys',
      "SELECT viewer_id, 'all' AS scope, COUNT(*) AS n FROM plays GROUP BY viewer_id, 2",
      ['viewer_id'],
    ],
    [
      'group keys of which a filter below fixes one',
      'SELECT show_id, studio, COUNT(*) AS n FROM plays JOIN shows USING (show_id) WHERE studio = 7 GROUP BY show_id, studio',
      ['show_id studio'],
    ],
    [
      'one side of a join, if the other side has one row for it',
      'SELECT p.id, s.show_id, s.title FROM plays p JOIN shows s ON p.show_id = s.show_id',
      ['id'],
    ],
    [
      'the column on the other side of an equality',
      'SELECT b.show_id, a.title FROM shows a JOIN shows b ON a.show_id = b.show_id',
      ['show_id'],
    ],
    [
      'the left side of a left join',
      'SELECT p.id, s.title FROM plays p LEFT JOIN shows s ON p.show_id = s.show_id',
      ['id'],
    ],
    [
      'a constant that differs in each branch of a union, with the key of the branch',
      `SELECT 'day' AS period, viewer_id, COUNT(*) AS n FROM plays GROUP BY viewer_id
       UNION ALL SELECT 'week', viewer_id, COUNT(*) FROM plays GROUP BY viewer_id`,
      ['period viewer_id'],
    ],
    [
      'no key: a union without such a constant',
      'SELECT id FROM plays UNION ALL SELECT show_id FROM shows',
      [],
    ],
    [
      'no key: a union with the same constant in two branches',
      `SELECT 'day' AS period, id FROM plays UNION ALL SELECT 'day', show_id FROM shows`,
      [],
    ],
    ['a key cast to text, with a prefix', "SELECT 'show#' || show_id AS pk, title FROM shows", ['pk']],
    ['no key: a key cut to fewer characters', 'SELECT substr(show_id::VARCHAR, 1, 2) AS pk FROM shows', []],
    ['no key: a key cast to a narrower number', 'SELECT show_id::SMALLINT AS pk FROM shows', []],
    ['the empty key of a view with one row', 'SELECT COUNT(*) AS n FROM plays', ['']],
  ])('%s', (_, query, keys) => {
    expect(keysOf(query).toSorted()).toEqual([...keys].toSorted());
  });
});

describe('a sink accepts every set of columns that contains a candidate key', () => {
  const ranked = `CREATE MATERIALIZED VIEW top AS
    SELECT show_id, n, r FROM (
      SELECT show_id, n, ROW_NUMBER() OVER (ORDER BY n DESC) AS r
      FROM (SELECT show_id, COUNT(*) AS n FROM plays GROUP BY show_id) c
    ) x WHERE r <= 10;`;
  const sinkOn = (key: string): string[] => {
    const sink = `CREATE SINK s FROM top WITH (connector = 'dynamodb', table = 'tops', aws.region = 'eu-west-1', primary_key = '${key}');`;
    const { diagnostics } = bindPipeline('test', [{ name: 'a.sql', text: TABLES + ranked + sink }], {});
    return diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.message}; ${d.hint ?? ''}`);
  };

  it.each(['show_id', 'r', 'show_id,r', 'r,n'])('%s', (key) => {
    expect(sinkOn(key)).toEqual([]);
  });

  it('and refuses columns without one', () => {
    expect(sinkOn('n')).toEqual([
      'primary_key leaves out "r", so rows of "top" would overwrite each other; a row is identified by r; or by show_id',
    ]);
  });
});

describe('the key by which a view stores its rows', () => {
  it.each([
    [
      'is none if a group key column is left out, although the others are a candidate key',
      'SELECT show_id, COUNT(*) AS n FROM shows GROUP BY show_id, title',
      undefined,
    ],
    [
      'is the whole group key if all its columns are kept',
      'SELECT show_id, title, COUNT(*) AS n FROM shows GROUP BY show_id, title',
      ['show_id', 'title'],
    ],
    [
      'is none if the view reads another view and leaves out a column of its key',
      'SELECT show_id FROM tops',
      undefined,
    ],
    ['is the key of the other view that it reads', 'SELECT studio, show_id FROM tops', ['studio']],
    [
      'is the group key, even if a filter leaves one row',
      'SELECT DISTINCT title FROM shows WHERE show_id = 1',
      ['title'],
    ],
  ])('%s', (_, query, key) => {
    const tops = `SELECT show_id, studio FROM
      (SELECT *, ROW_NUMBER() OVER (PARTITION BY studio ORDER BY title) AS rn FROM shows) ranked WHERE rn <= 1`;
    const text = `${TABLES} CREATE MATERIALIZED VIEW tops AS ${tops}; CREATE MATERIALIZED VIEW v AS ${query};`;
    const { pipeline } = bindPipeline('test', [{ name: 'a.sql', text }], {});
    const view = pipeline!.views.find(({ name }) => name === 'v')!;
    expect(view.key?.map((c) => view.columns[c]!.name)).toEqual(key);
  });
});
