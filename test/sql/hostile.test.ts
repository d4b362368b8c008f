import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { engineProblems } from '../../src/engine/check.ts';
import { lineColumn, renderDiagnostic } from '../../src/sql/diagnostic.ts';
import { RISINGWAVE_RULES } from '../../src/sql/target/risingwave/rules.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { BASE, bind, bindFiles, rendered } from './support/check.ts';

// Binding any text ends soon, with a pipeline or with errors that point into the text; it never throws.

beforeAll(() => loadParser());

function codes(sql: string): string[] {
  return [...new Set(bind(sql).diagnostics.map((d) => d.code))];
}
const view = (query: string): string => `CREATE MATERIALIZED VIEW v AS ${query};`;

describe('deep nesting is an error, not a crash', () => {
  const N = 20_000;
  const cases: Record<string, string> = {
    brackets: view(`SELECT ${'('.repeat(N)}1${')'.repeat(N)} AS x`),
    not: view(`SELECT ${'NOT '.repeat(N)}true AS x`),
    'a few not': view(`SELECT ${'NOT '.repeat(1500)}ok AS x FROM events`),
    signs: view(`SELECT ${'- '.repeat(N)}secs AS x FROM events`),
    sums: view(`SELECT ${'secs + '.repeat(N)}secs AS x FROM events`),
    casts: view(`SELECT secs${'::int'.repeat(N)} AS x FROM events`),
    case: view(`SELECT ${'CASE WHEN ok THEN '.repeat(N)}1${' END'.repeat(N)} AS x FROM events`),
    functions: view(`SELECT ${'abs('.repeat(N)}secs${')'.repeat(N)} AS x FROM events`),
    'sub-selects': view(`SELECT * FROM ${'(SELECT * FROM '.repeat(N)}titles${') x'.repeat(N)}`),
    'a few sub-selects': view(`SELECT * FROM ${'(SELECT * FROM '.repeat(100)}titles${') x'.repeat(100)}`),
    comments: `${'/*'.repeat(N)} x`,
  };
  for (const [name, sql] of Object.entries(cases)) {
    it(`of ${name}`, () => {
      expect(codes(sql)).toEqual([expect.stringMatching(/^(54000|54001|42601)$/)]);
      // The parser still works afterwards.
      expect(bind(view('SELECT 1 AS x')).pipeline).toBeDefined();
    });
  }
});

describe('a short text that expands to a huge plan', () => {
  it('is an error: views that read the one before twice', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `CREATE VIEW w${i + 1} AS SELECT a.id FROM w${i} a JOIN w${i} b ON a.id = b.id;`,
    );
    expect(codes(`CREATE VIEW w0 AS SELECT id FROM titles;${doubling.join('\n')}`)).toEqual(['54000']);
  });
  it('is linted in linear time: materialized views that read the one before twice', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `CREATE MATERIALIZED VIEW w${i + 1} AS SELECT * FROM w${i} UNION ALL SELECT * FROM w${i};`,
    );
    const first =
      "CREATE MATERIALIZED VIEW w0 AS SELECT viewer_id, secs AS secs_7d, 'g#' || genre AS sk FROM events WHERE day >= CURRENT_DATE - 7;";
    const last = `CREATE MATERIALIZED VIEW z AS SELECT viewer_id, sk, SUM(secs_7d) AS n_7d, array_agg(sk) AS a FROM w40 GROUP BY 1, 2;`;
    const sinks = ['s', 't'].map(
      (name) =>
        `CREATE SINK ${name} FROM z WITH (connector = 'dynamodb', table = 'abc', primary_key = 'viewer_id,sk');`,
    );
    expect(codes([first, ...doubling, last, ...sinks].join('\n')).toSorted()).toEqual(['F001', 'F003']);
  });
  it('is an error: CTEs that read the one before twice', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `c${i + 1} AS (SELECT * FROM c${i} UNION ALL SELECT * FROM c${i})`,
    );
    expect(
      codes(view(`WITH c0 AS (SELECT id FROM titles), ${doubling.join(', ')} SELECT id FROM c40`)),
    ).toEqual(['54000']);
  });
  it('is an error: BETWEEN nested in BETWEEN', () => {
    expect(
      codes(view(`SELECT ${'('.repeat(60)}ok${' BETWEEN ok AND ok)'.repeat(60)} AS x FROM events`)),
    ).toEqual(['54000']);
  });
  it('is an error: CASE nested in CASE', () => {
    const nested = Array.from({ length: 12 }).reduce<string>(
      (x) => `CASE ${x} WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 3 END`,
      'secs',
    );
    expect(codes(view(`SELECT ${nested} AS x FROM events`))).toEqual(['54000']);
  });
  it('binds if each view adds a deep expression over a column of the one before', () => {
    const sum = (c: string): string => `${c} + 1`.repeat(1) + ' + 1'.repeat(90);
    const chain = Array.from(
      { length: 30 },
      (_, i) => `CREATE VIEW w${i + 1} AS SELECT ${sum('a')} AS a FROM w${i};`,
    );
    const checked = bind(
      `CREATE VIEW w0 AS SELECT secs AS a FROM events;${chain.join('')}${view('SELECT a FROM w30')}`,
    );
    expect(rendered(checked)).toBe('');
  });
  it('binds a list of 10,000 elements', () => {
    const list = Array.from({ length: 10_000 }, (_, i) => i).join(',');
    expect(rendered(bind(view(`SELECT secs FROM events WHERE secs IN (${list})`)))).toBe('');
  });
  it('reports at most 500 errors and the number of the others', () => {
    const { diagnostics } = bindFiles({ 'a.sql': 'DROP x;\n'.repeat(3000) });
    expect(diagnostics).toHaveLength(501);
    expect(diagnostics.at(-1)!.message).toBe('2500 more problems are not shown');
  });
});

describe('any text', () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      'CREATE',
      'SOURCE',
      'TABLE',
      'MATERIALIZED',
      'VIEW',
      'SINK',
      'AS',
      'SELECT',
      'FROM',
      'WHERE',
      'GROUP BY',
      'events',
      'titles',
      'secs',
      'genre',
      '*',
      ',',
      '(',
      ')',
      ';',
      "'",
      '"',
      '$$',
      '--',
      '/*',
      '*/',
      '\n',
      '=',
      '+',
      '::',
      'int',
      'WITH',
      'connector',
      '.',
      'COUNT',
      'SUM',
      'CASE',
      'WHEN',
      'END',
      'OVER',
      'PARTITION',
      'ORDER',
      'LIMIT',
      '1',
      '2.5',
      "'x'",
      'é',
      '😀',
      '${A}',
      '${',
      "E'\\",
      '$1',
      'NULL',
      'UNION ALL',
      'JOIN',
      'ON',
      'USING',
      'INCLUDE',
      'FORMAT PLAIN ENCODE JSON',
      'WATERMARK FOR',
      '[',
      ']',
      'ARRAY',
      'now()',
      'INTERVAL',
      "U&'\\",
      '\u0000',
    ),
    fc.string({ maxLength: 4 }),
  );
  const inside = (text: string, offset: number): boolean => offset >= 0 && offset <= text.length;

  it('gives a pipeline, or errors that point into the text', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 25 }), (parts) => {
        const text = parts.join(' ');
        const checked = bindFiles({ 'base.sql': BASE, 'p.sql': text }, {}, RISINGWAVE_RULES);
        for (const d of checked.diagnostics) {
          const file = checked.files.get(d.span.file);
          expect(file).toBeDefined();
          expect(inside(file!, d.span.start) && inside(file!, d.span.end) && d.span.start <= d.span.end).toBe(
            true,
          );
          expect(d.hint).toBeTruthy();
          expect(d.message).not.toMatch(/\.$/);
          expect(lineColumn(file!, d.span.start).line).toBeGreaterThan(0);
        }
        engineProblems(checked.runnable);
        expect(checked.pipeline === undefined).toBe(checked.diagnostics.some((d) => d.severity === 'error'));
        rendered(checked);
      }),
      { seed: 20_260_315, numRuns: 400 },
    );
  });

  it('the shipped pipeline with random words changed binds or has an error wherever it is unchecked', () => {
    const folder = new URL('../../pipelines/viewer-engagement/', import.meta.url);
    const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
    const shipped = names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const);
    const change = fc.record({ file: fc.nat(), word: fc.nat(), by: fc.nat(), other: fc.nat() });
    const changed = ({
      file,
      word,
      by,
      other,
    }: {
      file: number;
      word: number;
      by: number;
      other: number;
    }) => {
      const [name, text] = shipped[file % shipped.length]!;
      const words = [...text.matchAll(/\w+|[(),;=<>*+-]/g)];
      const at = words[word % words.length]!;
      const near = words[other % words.length]![0];
      const instead = ['', near, 'NULL', '${MISSING}', "'x'", `${at[0]}x`, '(SELECT 1)', 'now()'];
      const end = at.index + at[0].length;
      return [name, text.slice(0, at.index) + instead[by % instead.length]! + text.slice(end)] as const;
    };
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const files = Object.fromEntries([...shipped, ...changes.map(changed)]);
        const checked = bindFiles(files, {}, RISINGWAVE_RULES);
        const found = [...checked.diagnostics, ...engineProblems(checked.runnable)];
        for (const d of found) renderDiagnostic(d, checked.files);
        const isWrong = checked.diagnostics.some((d) => d.severity === 'error' && !d.code.startsWith('R'));
        expect(isWrong || checked.unchecked.length === 0).toBe(true);
      }),
      { seed: 20_260_315, numRuns: 60 },
    );
  });

  it('a pipeline that is cut off anywhere does not make the binder throw', () => {
    const text = `${BASE}CREATE MATERIALIZED VIEW v AS SELECT viewer_id, 'é' || genre AS g, COUNT(*) FILTER (WHERE ok) AS n FROM events GROUP BY 1, 2;`;
    for (let i = 0; i < text.length; i += 3) {
      const checked = bindFiles({ 'p.sql': text.slice(0, i) });
      rendered(checked);
      expect(checked.diagnostics.every((d) => d.span.end <= i)).toBe(true);
    }
  });
});
