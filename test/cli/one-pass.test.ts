import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from './support/run-cli.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'freshet-one-pass-'));
  mkdirSync(join(root, 'pipelines/mine'), { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const source = (more = ''): string =>
  `CREATE SOURCE events (viewer BIGINT, seconds INT, at TIMESTAMPTZ) WITH (connector = 'kafka', topic = 'events',
   scan.startup.mode = 'earliest', properties.bootstrap.server = '\${KAFKA:-}') FORMAT ${more === '' ? 'PLAIN' : more} ENCODE JSON;
`;
const view = (name: string, query: string): string => `CREATE MATERIALIZED VIEW ${name} AS ${query};\n`;

async function run(sql: string, argv: readonly string[], env: Record<string, string> = {}) {
  writeFileSync(join(root, 'pipelines/mine/a.sql'), sql);
  return cli(argv, { cwd: root, env });
}
const CHECK = ['check', 'pipelines/mine'];

describe('check', () => {
  it('reports in one run missing variables, unsupported constructs and misspelt names', async () => {
    const sql =
      source('UPSERT').replace('KAFKA:-', 'KAFKA') +
      view('flows', 'SELECT viewer, now() - at AS age FROM events') +
      view('flows_too', 'SELECT at, now() - at AS since FROM events') +
      view('wrong', 'SELECT vewer FROM events') +
      view('late', 'SELECT vewer FROM wrong');
    const { code, stdout } = await run(sql, [...CHECK, '--json']);
    expect(code).toBe(1);
    const { diagnostics, unchecked } = JSON.parse(stdout) as {
      diagnostics: { code: string; file: string; start: { line: number } }[];
      unchecked: unknown;
    };
    expect(diagnostics.map((d) => [d.start.line, d.code])).toEqual([
      [2, '42P02'],
      [2, '42P16'],
      [3, '0A000'],
      [4, '0A000'],
      [5, '42703'],
    ]);
    expect(new Set(diagnostics.map((d) => d.file))).toEqual(new Set(['pipelines/mine/a.sql']));
    expect(unchecked).toEqual([{ kind: 'materialized view', name: 'late', because: ['wrong'] }]);
    const text = await run(sql, CHECK);
    expect(text.stdout).toContain(
      'only partly checked: materialized view late, because its input wrong has an error',
    );
  });

  it('exits with 1 for warnings only with --deny-warnings', async () => {
    const sql = source() + view('v', 'SELECT viewer FROM events ORDER BY at');
    expect((await run(sql, CHECK)).code).toBe(0);
    expect((await run(sql, [...CHECK, '--deny-warnings'])).code).toBe(1);
    expect((await run(sql, [...CHECK, '--deny-warnings', '--json'])).code).toBe(1);
    const clean = source() + view('v', 'SELECT viewer FROM events');
    expect((await run(clean, [...CHECK, '--deny-warnings'])).code).toBe(0);
  });

  it.each<[Record<string, string>, boolean]>([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true],
  ])('colours its output with environment %j: %s', async (env, coloured) => {
    const { stdout } = await run(view('v', 'SELECT 1 AS a FROM nowhere'), CHECK, env);
    expect(stdout.includes('\u001b[1;31merror[42P01]')).toBe(coloured);
    expect(stdout.includes('\u001b')).toBe(coloured);
  });

  it('reports two sinks that write the same items as an error', async () => {
    const sink = (name: string): string =>
      `CREATE SINK ${name} FROM v WITH (connector = 'dynamodb', table = 'profiles', region = 'r', primary_key = 'viewer');\n`;
    const sql = source() + view('v', 'SELECT viewer, COUNT(*) AS n FROM events GROUP BY viewer');
    const { code, stdout } = await run(sql + sink('a') + sink('b'), CHECK);
    expect(code).toBe(1);
    expect(stdout).toContain('error[F003]');
  });
});

describe('explain of one view', () => {
  const sql =
    source() +
    view('right', 'SELECT viewer, COUNT(*) AS n FROM events GROUP BY viewer') +
    view('wrong', 'SELECT vewer FROM events') +
    view('late', 'SELECT vewer FROM wrong') +
    view('flows', 'SELECT viewer, now() - at AS age FROM events');

  it('explains a view that does not depend on the errors, and says that there are errors', async () => {
    const { code, stdout, stderr } = await run(sql, ['explain', 'pipelines/mine', 'right']);
    expect(code).toBe(0);
    expect(stdout).toContain('materialized view right');
    expect(stderr).toContain('has 2 errors, none of which right depends on');
  });

  it.each(['wrong', 'late', 'flows'])(
    'shows the errors if view %s has one or depends on one',
    async (name) => {
      const { code, stdout, stderr } = await run(sql, ['explain', 'pipelines/mine', name]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^pipelines\/mine\/a\.sql:4:\d+: error\[42703\]/m);
    },
  );
});
