import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { ROOT } from '../house/files.ts';
import { clientFor } from '../sinks/support/sinks.ts';

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

const PROGRAM = `
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { sdkTransport } from 'freshet-sql/client';
import { openProfiles, profilesOver } from './profiles.js';

const endpoint = process.env['ENDPOINT']!;
const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
const sdk = new DynamoDB({ endpoint, region: 'us-east-1', credentials });
for (const profiles of [openProfiles({ endpoint }), profilesOver(sdkTransport(sdk))]) {
  const { watch, session } = await profiles.getMany(42n, ['watch', 'session']);
  if (watch.status === 'present') console.log(watch.metrics.watch_minutes_7d, watch.version, session.status);
  await profiles.close();
}
sdk.destroy();
`;

it('a typed client reads profiles, over its own transport and the AWS SDK, without the engine being there', async () => {
  const freshet = join(project, 'node_modules/freshet-sql/bin/freshet.js');
  const shipped = 'node_modules/freshet-sql/pipelines/viewer-engagement';
  writeFileSync(join(project, 'profiles.ts'), run(process.execPath, freshet, 'types', shipped, '--client'));
  writeFileSync(join(project, 'read.ts'), PROGRAM);
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const flags = ['--strict', '--target', 'es2022', '--types', 'node', '--outDir', 'reader'];
  run(
    process.execPath,
    tsc,
    ...flags,
    '--module',
    'nodenext',
    '--moduleResolution',
    'nodenext',
    '--skipLibCheck',
    'read.ts',
  );
  // A copy of the package with the rooms of a reader alone.
  const reader = join(project, 'reader');
  const whole = join(project, 'node_modules/freshet-sql');
  const modules = join(reader, 'node_modules');
  for (const room of ['client', 'dynamodb', 'values', 'platform'])
    cpSync(join(whole, 'dist', room), join(modules, 'freshet-sql/dist', room), { recursive: true });
  cpSync(join(whole, 'package.json'), join(modules, 'freshet-sql/package.json'));
  writeFileSync(join(reader, 'package.json'), '{"type":"module"}');
  const local = await startLocalDynamoDb();
  const client = clientFor(local.endpoint);
  await client.createTable('viewer_profiles', [
    { name: 'viewer_id', type: 'N' },
    { name: 'sk', type: 'S' },
  ]);
  while ((await client.describeTable('viewer_profiles'))?.TableStatus !== 'ACTIVE');
  const key = { viewer_id: { N: '42' }, sk: { S: 'engagement#watch' } };
  const Item = { ...key, watch_minutes_7d: { N: '312.5' }, _v: { N: '7' }, _w: { N: '1' } };
  const written = { RequestItems: { viewer_profiles: [{ PutRequest: { Item } }] } };
  await client.batchWriteItem(JSON.stringify(written));
  const env = { ...process.env, ENDPOINT: local.endpoint };
  const { stdout } = await promisify(execFile)(process.execPath, ['read.js'], { cwd: reader, env });
  expect(stdout).toBe('312.5 7 absent\n312.5 7 absent\n');
  await client.close();
  await local.close();
});
