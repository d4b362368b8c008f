import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOT } from '../house/files.ts';

// Tests of bin/freshet.js in a temporary checkout with the real launcher and compiler, and a main.ts of one line.

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'freshet-launcher-'));
  cpSync(join(ROOT, 'bin'), join(checkout, 'bin'), { recursive: true });
  for (const file of ['tsconfig.json', 'tsconfig.build.json']) cpSync(join(ROOT, file), join(checkout, file));
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  writeFileSync(join(checkout, 'package.json'), '{"type":"module"}');
  mkdirSync(join(checkout, 'src/cli'), { recursive: true });
  writeMain(`process.stdout.write('one ' + process.argv.slice(2).join(' '));`);
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function writeMain(text: string): void {
  writeFileSync(join(checkout, 'src/cli/main.ts'), `${text}\nexport {};\n`);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(checkout, 'bin/freshet.js'), ...args], { cwd: tmpdir() });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

it('builds the checkout on the first start only', async () => {
  expect(await start('check', '--json')).toEqual({
    code: 0,
    stdout: 'one check --json',
    stderr: 'building...\n',
  });
  expect(await start()).toEqual({ code: 0, stdout: 'one ', stderr: '' });
});

it('builds and starts when stderr is closed', async () => {
  const child = spawn(process.execPath, [join(checkout, 'bin/freshet.js')], { cwd: tmpdir() });
  child.stderr.destroy();
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(stdout).toBe('one ');
});

it.runIf(existsSync('/dev/full'))('continues when stderr has no room', async () => {
  writeMain(`
    const log = (): Promise<void> => new Promise((resolve) => process.stderr.write('a line', () => resolve()));
    await log();
    await log();
    process.stdout.write('goes on');`);
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [join(checkout, 'bin/freshet.js')], {
    stdio: ['ignore', 'pipe', full],
  });
  let stdout = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  expect(await once(child, 'close')).toEqual([0, null]);
  closeSync(full);
  expect(stdout).toBe('goes on');
});

it('builds again after a file has changed, been added or been removed', async () => {
  await start();
  writeMain(`process.stdout.write('two');`);
  expect(await start()).toEqual({ code: 0, stdout: 'two', stderr: 'building...\n' });
  writeFileSync(join(checkout, 'src/cli/other.ts'), 'export const other = 1;\n');
  expect((await start()).stderr).toBe('building...\n');
  rmSync(join(checkout, 'src/cli/other.ts'));
  expect((await start()).stderr).toBe('building...\n');
  expect((await start()).stderr).toBe('');
});

it('builds once when several processes start at the same time', async () => {
  const starts = await Promise.all([start('a'), start('b'), start('c')]);
  expect(starts.map(({ stdout }) => stdout)).toEqual(['one a', 'one b', 'one c']);
  expect(starts.filter(({ stderr }) => stderr !== '')).toHaveLength(1);
});

it('takes over the lock of a build whose process is gone', async () => {
  mkdirSync(join(checkout, 'dist'));
  // No process can have this id: Linux process ids end at 2^22.
  writeFileSync(join(checkout, 'dist/.lock'), '4194305');
  expect(await start()).toMatchObject({ code: 0, stdout: 'one ' });
});

it('prints the compiler’s errors if the build fails, and recovers', async () => {
  writeMain('const = ;');
  const broken = await start();
  expect(broken.code).toBe(1);
  expect(broken.stdout).toBe('');
  expect(broken.stderr).toMatch(/^building\.\.\.\nerror: the build failed\n.*main\.ts.*error TS/);
  writeMain(`process.stdout.write('mended');`);
  expect((await start()).stdout).toBe('mended');
});
