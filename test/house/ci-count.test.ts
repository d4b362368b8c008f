import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from './files.ts';

const folder = mkdtempSync(join(tmpdir(), 'freshet-count-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Status = 'passed' | 'failed' | 'skipped';

function count(
  files: readonly (readonly [fileStatus: 'passed' | 'failed', tests: readonly Status[]])[],
  exit: number,
) {
  const all = files.flatMap(([, tests]) => tests);
  const report = {
    numPassedTests: all.filter((status) => status === 'passed').length,
    numFailedTests: all.filter((status) => status === 'failed').length,
    testResults: files.map(([status, tests], i) => ({
      name: `${i}.test.ts`,
      status,
      message: '',
      assertionResults: tests.map((test, t) => ({ status: test, fullName: `test ${t}` })),
    })),
  };
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify(report));
  return spawnSync(process.execPath, [join(ROOT, '.ci/count.mjs'), path, String(exit)], { encoding: 'utf8' })
    .stdout;
}

it('adds up passed and failed tests', () => {
  expect(
    count(
      [
        ['passed', ['passed', 'passed']],
        ['failed', ['passed', 'failed']],
      ],
      1,
    ),
  ).toBe('3 1\n');
});

it('counts a file that could not be loaded or set up as one failure', () => {
  expect(
    count(
      [
        ['passed', ['passed']],
        ['failed', []],
      ],
      1,
    ),
  ).toBe('1 1\n');
  expect(
    count(
      [
        ['passed', ['passed']],
        ['failed', ['skipped', 'skipped']],
      ],
      1,
    ),
  ).toBe('1 1\n');
});

it('counts a skipped test neither as passed nor as failed', () => {
  expect(
    count(
      [
        ['passed', ['passed']],
        ['passed', ['skipped']],
      ],
      0,
    ),
  ).toBe('1 0\n');
});

it('counts a failure if the run ended with an error or no test passed, although none failed', () => {
  expect(count([['passed', ['passed']]], 137)).toBe('1 1\n');
  expect(count([['passed', ['skipped']]], 0)).toBe('0 1\n');
});

it('counts a run without a report as one failure', () => {
  const run = spawnSync(process.execPath, [join(ROOT, '.ci/count.mjs'), join(folder, 'none.json'), '1'], {
    encoding: 'utf8',
  });
  expect(run.stdout).toBe('0 1\n');
});
