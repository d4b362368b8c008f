import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../house/files.ts';

// Tests that need a process of their own, whose pipes can close.

function start(...args: string[]) {
  return spawn(process.execPath, [join(ROOT, 'bin/freshet.js'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

it('exits with 0 and prints no error when the reader of stdout closes the pipe', async () => {
  const child = start('simulate', '--source', 'view_events', '--days', '10000');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(stderr.replace('building...\n', '')).toBe('');
});

it('keeps its exit code when stderr is closed', async () => {
  const child = start('check', 'nosuch');
  child.stderr.destroy();
  child.stdout.resume();
  expect(await once(child, 'close')).toEqual([2, null]);
});

it('says that the engine needs code generation, if Node forbids it', async () => {
  const child = spawn(
    process.execPath,
    [
      '--disallow-code-generation-from-strings',
      join(ROOT, 'bin/freshet.js'),
      'check',
      'pipelines/viewer-engagement',
    ],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(stderr.replace('building...\n', '')).toBe(
    'error: this process forbids code generation, which the engine needs for its loops\n' +
      'hint: start Node without --disallow-code-generation-from-strings\n',
  );
});
