import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckedPipeline } from '../../src/sql/bind-files.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { brief, rendered } from '../sql/support/check.ts';

// Folders as they occur on disk: several encodings and line endings, and files that are not SQL.

const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((dir) => rm(dir, { recursive: true })));
});

async function load(files: Readonly<Record<string, string | Uint8Array>>): Promise<CheckedPipeline> {
  const dir = await mkdtemp(join(tmpdir(), 'freshet-load-'));
  folders.push(dir);
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  return loadPipeline(dir, { env: {} });
}

const VIEW = 'CREATE VIEW a AS SELECT 1 AS x;\n';

describe('a folder of .sql files', () => {
  it('is read in name order, without hidden files and files of other types', async () => {
    const checked = await load({
      '20.sql': 'CREATE VIEW b AS SELECT x FROM a;',
      '10.sql': VIEW,
      '._10.sql': 'no SQL at all',
      '.#20.sql': 'an editor left this',
      'notes.md': 'neither is this',
    });
    expect(rendered(checked)).toBe('');
    expect([...checked.files.keys()]).toEqual(['10.sql', '20.sql']);
    expect(checked.pipeline?.logicalViews.map((v) => v.name)).toEqual(['a', 'b']);
  });

  it('reports errors of several files in file order', async () => {
    const checked = await load({
      '1.sql': `${VIEW}CREATE VIEW b AS SELECT y FROM a;`,
      '2.sql': 'CREATE VIEW c AS SELECT x + $$a$$::date AS z FROM a;\nCREATE VEW d;',
    });
    expect(brief(checked)).toEqual([
      '1.sql:2:25 [42703] column "y" does not exist (the columns are x)',
      expect.stringContaining('2.sql:1:29 [22007]'),
      expect.stringContaining('2.sql:2:8 [42601] syntax error at or near "VEW"'),
    ]);
  });

  it('is an error if it has no statements', async () => {
    const hint = '(add .sql files with CREATE SOURCE and CREATE MATERIALIZED VIEW)';
    expect(brief(await load({ 'a.sql': '\n-- nothing yet\n' }))).toEqual([
      `a.sql:1:1 [42601] the pipeline has no statements ${hint}`,
    ]);
    expect((await load({})).diagnostics.map((d) => d.message)).toEqual(['the pipeline has no statements']);
  });
});

describe('a file', () => {
  it('may have a byte order mark and Windows line endings, which do not move columns of errors', async () => {
    const checked = await load({
      'a.sql': '\uFEFFCREATE VIEW a AS SELECT nope;\r\nCREATE VIEW b AS -- why\r\n\tSELECT\r\n\tnope2;\r\n',
    });
    expect(rendered(checked)).toBe(
      [
        'a.sql:1:25: error[42703]: column "nope" does not exist',
        '  |',
        '1 | CREATE VIEW a AS SELECT nope;',
        '  |                         ^^^^',
        'hint: add a FROM clause: without one there are no columns',
        '',
        'a.sql:4:2: error[42703]: column "nope2" does not exist',
        '  |',
        '4 |   nope2;',
        '  |   ^^^^^',
        'hint: add a FROM clause: without one there are no columns',
      ].join('\n'),
    );
  });

  it('may end its lines with carriage returns alone, so that a comment ends at one', async () => {
    expect(brief(await load({ 'a.sql': '-- old\rCREATE VIEW a AS SELECT nope;\r' }))).toEqual([
      expect.stringContaining('column "nope" does not exist'),
    ]);
  });

  it('that is not UTF-8 is an error at the first bad byte', async () => {
    const latin1 = Buffer.from("CREATE VIEW a AS SELECT 'caf\u00e9' AS x;\n", 'latin1');
    expect(brief(await load({ 'a.sql': latin1 }))).toEqual([
      'a.sql:1:29 [22021] the file is not UTF-8 text from here on (save it as UTF-8)',
    ]);
    const utf16 = Buffer.from(`\uFEFF${VIEW}`, 'utf16le');
    expect(brief(await load({ 'a.sql': utf16, 'b.sql': 'CREATE VIEW b AS SELECT 1 AS x;' }))).toEqual([
      'a.sql:1:1 [22021] the file is not UTF-8 text from here on (save it as UTF-8)',
    ]);
  });

  it('with a NUL character is an error, rather than a statement that ends there', async () => {
    expect(brief(await load({ 'a.sql': 'CREATE VIEW a AS SELECT 1 AS x\0 FROM nowhere;' }))).toEqual([
      'a.sql:1:31 [22021] the file holds a NUL character (remove it; SQL files are UTF-8 text)',
    ]);
  });

  it('that reads a view of an unreadable file causes no further error', async () => {
    const checked = await load({ 'a.sql': `${VIEW}\0`, 'b.sql': 'CREATE VIEW b AS SELECT x FROM a;' });
    expect(checked.diagnostics.map((d) => d.code)).toEqual(['22021']);
  });
});
