import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from './support/run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = `CREATE SOURCE events (viewer BIGINT, title VARCHAR, seconds INT, at TIMESTAMPTZ)
WITH (connector = 'kafka', topic = 'events', scan.startup.mode = 'earliest') FORMAT PLAIN ENCODE JSON;
`;
const VIEW = `CREATE MATERIALIZED VIEW totals AS
SELECT viewer, SUM(seconds) AS seconds FROM events GROUP BY viewer;
`;

async function check(sql: string, ...flags: string[]) {
  writeFileSync(join(folder, 'pipeline.sql'), sql);
  return cli(['check', folder, ...flags]);
}

describe('an error has file, line, column, the place underlined, and a hint:', () => {
  it.each<[string, string, string, string]>([
    ['unknown column', `${SOURCE}CREATE MATERIALIZED VIEW v AS\nSELECT viewr FROM events;`, '4:8', 'viewr'],
    ['missing table', `${SOURCE}CREATE MATERIALIZED VIEW v AS\nSELECT * FROM evnts;`, '4:15', 'evnts'],
    [
      'type mismatch',
      `${SOURCE}CREATE MATERIALIZED VIEW v AS\nSELECT viewer + title FROM events;`,
      '4:15',
      '+',
    ],
    [
      'unknown function',
      `${SOURCE}CREATE MATERIALIZED VIEW v AS\nSELECT cuont(viewer) FROM events;`,
      '4:8',
      'cuont',
    ],
    [
      'unknown type',
      `CREATE SOURCE s (\n  a BIGNIT\n) WITH (connector = 'kafka', topic = 't') FORMAT PLAIN ENCODE JSON;`,
      '2:5',
      'BIGNIT',
    ],
    [
      'ungrouped column',
      `${SOURCE}CREATE MATERIALIZED VIEW v AS\nSELECT title, COUNT(*) AS n FROM events GROUP BY viewer;`,
      '4:8',
      'title',
    ],
    [
      'misspelt option',
      `CREATE SOURCE s (a INT) WITH (connector = 'kafka', topic = 't', scan.startup.mod = 'x')\nFORMAT PLAIN ENCODE JSON;`,
      '1:65',
      'scan.startup.mod',
    ],
    [
      'unknown connector',
      `CREATE SOURCE s (a INT) WITH (connector = 'kafak', topic = 't')\nFORMAT PLAIN ENCODE JSON;`,
      '1:43',
      `'kafak'`,
    ],
    [
      'unsupported join',
      `${SOURCE}${VIEW}CREATE MATERIALIZED VIEW v AS\nSELECT e.viewer FROM events e FULL JOIN totals t ON e.viewer = t.viewer;`,
      '6:41',
      'totals',
    ],
    ['unsupported statement', `${SOURCE}DROP SOURCE events;`, '3:1', 'DROP'],
    ['syntax error', `${SOURCE}CREATE MATERIALIZED VIEW v AS\nSELECT viewer, FROM events;`, '4:16', 'FROM'],
    [
      'sink of a missing view',
      `${SOURCE}CREATE SINK k FROM totls WITH (connector = 'dynamodb', table = 'profiles',\nprimary_key = 'viewer');`,
      '3:20',
      'totls',
    ],
    [
      'sink key that is not a column',
      `${SOURCE}${VIEW}CREATE SINK k FROM totals WITH (connector = 'dynamodb', table = 'profiles',\nprimary_key = 'viewer_id');`,
      '6:15',
      `'viewer_id'`,
    ],
    ['a name defined twice', `${SOURCE}${VIEW}${VIEW}`, '5:26', 'totals'],
  ])('%s', async (_, sql, place, marked) => {
    const { code, stdout } = await check(sql);
    expect(code).toBe(1);
    const [head, , excerpt, marks] = stdout.split('\n') as [string, string, string, string];
    expect(head).toMatch(new RegExp(`^${folder}/pipeline\\.sql:${place}\\S*: error\\[\\w+\\]: \\S`));
    const caret = marks.indexOf('^');
    expect(excerpt.slice(caret, marks.lastIndexOf('^') + 1)).toBe(marked);
    expect(stdout).toMatch(/\nhint: \S/);
    expect(stdout).toMatch(/: [1-9] errors?, \d warnings?\n$/);
  });
});

describe('check', () => {
  it('passes a correct pipeline and counts its definitions', async () => {
    const { code, stdout, stderr } = await check(SOURCE + VIEW);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${folder}: 0 errors, 0 warnings (1 source, 1 materialized view, 0 sinks)\n`,
      stderr: '',
    });
  });

  it('exits with 0 if there are only warnings', async () => {
    const { code, stdout } = await cli(['check', 'pipelines/as-published']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pipelines\/as-published\/02_views\.sql:\d+:\d+: warning\[F001\]/m);
  });

  it('reports what RisingWave would refuse, with --target risingwave', async () => {
    const sql = SOURCE + VIEW.replace('FROM events', "FROM events WHERE date_trunc('s', at) = at");
    expect((await check(sql)).code).toBe(0);
    const { code, stdout } = await check(sql, '--target', 'risingwave');
    expect(code).toBe(1);
    expect(stdout).toContain("error[R001]: RisingWave's date_trunc does not know the unit 's'");
    expect(stdout).toContain("hint: write 'second'");
  });

  it('does not report warnings that a comment allows, whether of the front end or the engine', async () => {
    const late = (comment: string): string =>
      SOURCE.replace('at TIMESTAMPTZ)', `at TIMESTAMPTZ, ${comment}\nWATERMARK FOR at AS at)`) + VIEW;
    expect((await check(late(''))).stdout).toContain('warning[F008]');
    expect((await check(late('-- meant: freshet:allow F008'))).stdout).toContain('0 errors, 0 warnings');
  });

  it('reports a wrong FORMAT once, also for a source that has another error', async () => {
    const upsert = SOURCE.replace('FORMAT PLAIN', 'FORMAT UPSERT').replace('scan.startup.mode', 'scan.mode');
    const { stdout } = await check(upsert + VIEW);
    expect(stdout.match(/error\[\w+\]: .*/g)).toEqual([
      expect.stringContaining('unknown option "scan.mode"'),
      'error[42P16]: FORMAT UPSERT needs a TABLE with a PRIMARY KEY',
    ]);
    const table = upsert.replace('SOURCE', 'TABLE').replace('viewer BIGINT', 'viewer BIGINT PRIMARY KEY');
    expect((await check(table + VIEW)).stdout.match(/error\[\w+\]: .*/g)).toEqual([
      expect.stringContaining('unknown option "scan.mode"'),
    ]);
  });

  it('prints one JSON document with --json', async () => {
    const { code, stdout } = await check(
      `${SOURCE}CREATE MATERIALIZED VIEW v AS\nSELECT viewr FROM events;`,
      '--json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      errors: 1,
      warnings: 0,
      diagnostics: [
        {
          severity: 'error',
          code: '42703',
          file: `${folder}/pipeline.sql`,
          start: { line: 4, column: 8 },
          end: { line: 4, column: 13 },
          hint: expect.stringContaining('viewer'),
        },
      ],
    });
  });

  it('reports an empty folder as the only error', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'freshet-empty-'));
    const { code, stdout } = await cli(['check', empty]);
    rmSync(empty, { recursive: true });
    expect(code).toBe(1);
    expect(stdout.split('\n')[0]).toBe(`${empty}: error[42601]: the pipeline has no statements`);
  });
});

it('other commands print the errors of a wrong pipeline on stderr and exit with 1', async () => {
  writeFileSync(join(folder, 'pipeline.sql'), 'SELECT 1;');
  const { code, stdout, stderr } = await cli(['types', folder]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.startsWith(`${folder}/pipeline.sql:1:1: error`)).toBe(true);
  expect(stderr).toMatch(/error: .* has 1 error\n$/);
});

describe('check finds what run would refuse:', () => {
  const KEYED = `${VIEW}CREATE MATERIALIZED VIEW texts AS SELECT viewer::VARCHAR AS viewer, seconds AS _w FROM totals;\n`;
  const sink = (name: string, from: string, options: string): string =>
    `CREATE SINK ${name} FROM ${from} WITH (connector = 'dynamodb', region = 'r', primary_key = 'viewer', ${options});\n`;
  it.each([
    [
      'a table name that is too short',
      sink('a', 'totals', "table = 'ab'"),
      'option "table" must be a valid DynamoDB table name, not \'ab\'',
    ],
    [
      'a column with the name of a bookkeeping attribute',
      sink('a', 'texts', "table = 'abc'"),
      'column "_w" has the name of a bookkeeping attribute',
    ],
    [
      'two sinks whose table cannot have both keys',
      sink('a', 'totals', "table = 'abc'") +
        sink('b', 'texts', "table = 'abc', freshet.bookkeeping = 'off', freshet.sort_key = 'x'"),
      'sinks "a" and "b" write to table "abc" with different keys: (viewer N) and (viewer S, sk S)',
    ],
    [
      'an access key without a secret key',
      sink('a', 'totals', "table = 'abc', access_key = 'k'"),
      'access_key and secret_key are needed together, and one of them is missing',
    ],
  ])('%s', async (_, sinks, message) => {
    const { stdout: out, code } = await check(SOURCE + KEYED + sinks, '--json');
    const { diagnostics } = JSON.parse(out) as {
      diagnostics: { severity: string; message: string; start: object }[];
    };
    expect(code).toBe(1);
    expect(diagnostics.filter((d) => d.severity === 'error').map((d) => d.message)).toEqual([
      expect.stringContaining(message),
    ]);
  });

  it('a pattern that is not a valid glob', async () => {
    const files = `CREATE SOURCE f (a INT) WITH (connector = 'posix_fs', posix_fs.root = 'x', match_pattern = '[z-a]')
      FORMAT PLAIN ENCODE JSON;`;
    const { stdout: out } = await check(files);
    expect(out).toContain("match_pattern '[z-a]' is not a valid glob");
  });
});
