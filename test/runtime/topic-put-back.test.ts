import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IngestResult } from '../../src/runtime/ingest.ts';
import { SILENT_LOG } from './support/silent-log.ts';
import { openPipeline } from '../../src/runtime/open-pipeline.ts';
import type { OpenPipeline } from '../../src/runtime/open-pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

let folder: string;
let open: OpenPipeline | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-put-back-'));
});
afterEach(async () => {
  await open?.close();
  await rm(folder, { recursive: true });
});

/** Option scan.on_lost_position by source; all sources read the topic `plays`. */
type Choices = Readonly<Record<string, 'fail' | 'resume'>>;

/** Closes the previous process and starts one with these sources, each with a view `<source>_total`. */
async function start(choices: Choices): Promise<OpenPipeline> {
  await open?.close();
  await loadParser();
  const sources = Object.entries(choices).map(
    ([name, choice]) => `
      CREATE SOURCE ${name} (viewer_id BIGINT) WITH (
        connector = 'kafka', topic = 'plays', properties.bootstrap.server = '', scan.on_lost_position = '${choice}'
      ) FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW ${name}_total AS SELECT viewer_id, COUNT(*) AS n FROM ${name} GROUP BY viewer_id;`,
  );
  const { pipeline } = bindPipeline('test', [{ name: 'test.sql', text: sources.join('\n') }], {});
  open = await openPipeline({
    pipeline: pipeline!,
    mode: 'dev',
    stateDir: join(folder, 'state'),
    baseDir: folder,
    env: {},
    log: SILENT_LOG,
    settings: { barrier_interval_ms: 20, checkpoint_interval_ms: 50 },
  });
  return open;
}

function post({ ingest }: OpenPipeline, source: string, events: number): Promise<IngestResult> {
  const body = '{"viewer_id":1}\n'.repeat(events);
  return ingest.append(source, new TextEncoder().encode(body), 'application/x-ndjson');
}

/** Posts four events, waits until all are counted, and restores a copy of the topic made after the first two. */
async function putBack(choices: Choices): Promise<void> {
  const first = await start(choices);
  const [source] = Object.keys(choices) as [string];
  await post(first, source, 2);
  await cp(join(folder, 'state/topics'), join(folder, 'copy'), { recursive: true });
  await post(first, source, 2);
  await counted(first, source, 4n);
  await first.close();
  await rm(join(folder, 'state/topics'), { recursive: true });
  await cp(join(folder, 'copy'), join(folder, 'state/topics'), { recursive: true });
}

async function counted({ runner }: OpenPipeline, source: string, n: bigint): Promise<void> {
  const total = (): unknown => runner.kernel.view(`${source}_total`).lookup([0], [[1n]]);
  await expect.poll(total, { timeout: 60_000 }).toEqual([[[1n, n]]]);
}

test('a topic restored from an older copy accepts no events until the decision, also after restarts', async () => {
  await putBack({ plays: 'fail' });
  const refusal = {
    code: 'unavailable',
    message: expect.stringContaining('2 acknowledged records are missing from it') as string,
  };
  for (let starts = 0; starts < 3; starts++) {
    const waiting = await start({ plays: 'fail' });
    await expect(post(waiting, 'plays', 1)).rejects.toMatchObject(refusal);
    expect(waiting.runner.status().sources[0]).toMatchObject({ state: 'lost' });
  }
  const decided = await start({ plays: 'resume' });
  expect(await post(decided, 'plays', 3)).toMatchObject({ accepted: 3, first_offset: 2 });
  await counted(decided, 'plays', 7n);
});

test('a restored topic with two sources accepts no events while one of them waits for the decision', async () => {
  await putBack({ a: 'fail', b: 'fail' });
  for (let starts = 0; starts < 2; starts++) {
    const waiting = await start({ a: 'fail', b: 'resume' });
    const states = (): readonly string[] => waiting.runner.status().sources.map(({ state }) => state);
    await expect.poll(states, { timeout: 60_000 }).toEqual(['lost', 'running']);
    await expect(post(waiting, 'b', 1)).rejects.toMatchObject({ code: 'unavailable' });
  }
  const decided = await start({ a: 'resume', b: 'resume' });
  await post(decided, 'b', 1);
  await counted(decided, 'a', 5n);
  await counted(decided, 'b', 5n);
});
