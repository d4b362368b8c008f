import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/io.ts';
import { createLog } from '../../src/cli/log.ts';

it.each<[string, CliIo['env'], boolean, boolean]>([
  ['a terminal', {}, true, true],
  ['a terminal without colours', { TERM: 'dumb' }, true, false],
  ['a terminal with NO_COLOR', { NO_COLOR: '1' }, true, false],
  ['a file', {}, false, false],
  ['a file with FORCE_COLOR', { FORCE_COLOR: '1' }, false, true],
])('log lines have the right colours for %s', async (_, env, isTTY, isColoured) => {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const { signal } = new AbortController();
  const io: CliIo = { stdout: new PassThrough(), stderr, env, cwd: '/', interactive: isTTY, signal };
  const log = await createLog(io, { level: 'info', pretty: true });
  log.info({ n: 1 }, 'a line');
  const [line] = (await stderr.take(1).toArray()) as [Buffer];
  expect(line.toString()).toContain('a line');
  expect(line.includes('\u001b[')).toBe(isColoured);
});
