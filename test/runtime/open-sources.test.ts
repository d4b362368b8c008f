import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SourceDef } from '../../src/plan/pipeline.ts';
import { SILENT_LOG } from './support/silent-log.ts';
import { type Log } from '../../src/runtime/log.ts';
import { openSources } from '../../src/runtime/open-sources.ts';
import { LocalTopic } from '../../src/sources/log/topic.ts';
import { INTEGER } from '../../src/values/types.ts';
import { makeRecords, makeSource, options } from '../sources/support/source.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-sources-'));
});
afterEach(() => rm(folder, { recursive: true }));

const PLAYS = { name: 'plays', connector: 'kafka', options: options({ topic: 'plays' }) } as const;

/** Opens the source. Returns its start position and the logged lines. */
async function open(source: SourceDef) {
  const logged: [level: string, message: string, fields: object][] = [];
  const log: Log = {
    ...SILENT_LOG,
    info: (fields: object, message: string) => logged.push(['info', message, fields]),
    warn: (fields: object, message: string) => logged.push(['warn', message, fields]),
  };
  const opened = await openSources({
    sources: [source],
    mode: 'dev',
    stateDir: folder,
    baseDir: folder,
    log,
  });
  const { reader } = opened.sources[0]!;
  await reader.open(new Map());
  const position = reader.positions().get('0');
  await reader.close();
  await opened.close();
  return { position, logged };
}

async function fill(): Promise<string> {
  const directory = join(folder, 'topics', 'plays');
  let now_us = 0;
  const topic = await LocalTopic.open(directory, { segmentBytes: 50, now_us: () => now_us });
  for (now_us = 1_000_000; now_us <= 5_000_000; now_us += 1_000_000)
    await topic.append(makeRecords([`{"a":${now_us}}`]));
  await topic.close();
  return directory;
}

test('a local topic is read from the time in scan.startup.timestamp.millis on', async () => {
  await fill();
  const at = (millis: string): SourceDef =>
    makeSource([{ name: 'a', type: INTEGER }], {
      ...PLAYS,
      options: options({
        topic: 'plays',
        'scan.startup.timestamp.millis': millis,
        'scan.startup.mode': 'latest',
      }),
    });
  expect((await open(at('3000'))).position).toBe('2');
  expect((await open(at('3001'))).position).toBe('3');
  expect((await open(at('9000'))).position).toBe('5');
});

test('the size of a local topic is logged, as a warning if it is large', async () => {
  const directory = await fill();
  const source = makeSource([{ name: 'a', type: INTEGER }], PLAYS);
  const small = await open(source);
  expect(small.logged).toEqual([
    ['info', 'local topic opened', { topic: 'plays', bytes: expect.any(Number) as number, records: 5 }],
  ]);
  const first = (await readdir(directory)).find((name) => name.endsWith('.seg'))!;
  await truncate(join(directory, first), 9 * 2 ** 30); // a sparse file: it takes no disk space
  const large = await open(source);
  expect(large.logged.map(([level]) => level)).toEqual(['warn']);
  expect(large.logged[0]![1]).toContain('--reset');
});
