import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../house/files.ts';

// The package as a user installs it: packed as for publication, in a project that has only the package and its
// dependencies.

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'freshet-installed-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', project], { cwd: ROOT });
  const packed = readdirSync(project).find((name) => name.endsWith('.tgz'))!;
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'freshet-sql'), { recursive: true });
  execFileSync('tar', [
    'xzf',
    join(project, packed),
    '-C',
    join(modules, 'freshet-sql'),
    '--strip-components=1',
  ]);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'freshet-sql')
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(project, 'engagement.test.ts'),
    `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPipeline, type TestChange, type TestRow } from 'freshet-sql/testing';

test('a view shows in the profile and leaves it', async () => {
  const p = await openPipeline('node_modules/freshet-sql/pipelines/viewer-engagement', { now: '2026-03-15T12:00:00Z' });
  p.insert('view_events', [{ viewer_id: 1, watch_duration_sec: 600, watched_at: '2026-03-15T11:50:00' }]);
  const rows: TestRow[] = p.rows('viewer_engagement_rolling');
  assert.equal(rows[0]!['watch_minutes_7d'], 10);
  p.advanceBy('8 days');
  const last: TestChange = p.changes('viewer_engagement_rolling').at(-1)!;
  assert.equal(last.after!['watch_minutes_7d'], 0);
});
`,
  );
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

function compile(module: string, moduleResolution: string, ...flags: string[]): string {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--target', 'es2022', '--types', 'node', '--skipLibCheck', 'false'];
  const kind = ['--module', module, '--moduleResolution', moduleResolution];
  return run(process.execPath, tsc, ...options, ...kind, ...flags, 'engagement.test.ts');
}

it.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('its types compile with module %s and moduleResolution %s', (module, resolution) => {
  expect(compile(module, resolution, '--noEmit')).toBe('');
});

it('a unit test runs under node --test', () => {
  compile('nodenext', 'nodenext', '--outDir', 'built');
  expect(run(process.execPath, '--test', 'built/engagement.test.js')).toMatch(/pass 1\b[^]*fail 0\b/);
});

it('a unit test runs under vitest', () => {
  writeFileSync(
    join(project, 'engagement.spec.ts'),
    `import { expect, test } from 'vitest';
import { openPipeline } from 'freshet-sql/testing';
test('opens', async () => {
  const p = await openPipeline('node_modules/freshet-sql/pipelines/as-published', { now: '2026-03-15' });
  expect(p.rows('viewer_engagement_rolling')).toEqual([]);
});
`,
  );
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const report = run(process.execPath, vitest, 'run', 'engagement.spec.ts', '--reporter=json');
  expect(JSON.parse(report)).toMatchObject({ numPassedTests: 1, numFailedTests: 0 });
});

it('the command line runs without a build, and the package contains the pipelines', () => {
  const freshet = join(project, 'node_modules/freshet-sql/bin/freshet.js');
  const checked = run(
    process.execPath,
    freshet,
    'check',
    'node_modules/freshet-sql/pipelines/viewer-engagement',
  );
  expect(checked).toMatch(/: 0 errors, 0 warnings/);
  expect(readdirSync(join(project, 'node_modules/freshet-sql/dist'))).not.toContain('.built');
});
