import { expect, test } from 'vitest';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import type { PlanColumn } from '../../src/plan/nodes.ts';
import { FileSink } from '../../src/sinks/file/sink.ts';
import { BIGINT, JSONB, TIMESTAMP, VARCHAR } from '../../src/values/types.ts';
import { MemoryDisk, PowerCut } from '../platform/support/memory-disk.ts';
import { seeded } from '../storage/support/random.ts';

const FOLDER = '/out';
const COLUMNS: readonly PlanColumn[] = [
  { name: 'id', type: BIGINT, nullable: false },
  { name: 'title', type: VARCHAR, nullable: true },
];

function sinkOn(disk: MemoryDisk, rollLength?: number, columns = COLUMNS): FileSink {
  return new FileSink({ name: 'events', view: 'all_events', columns, folder: FOLDER, disk, rollLength });
}

function rowsOf(rows: readonly (readonly [bigint, string | null])[], weight = 1): Batch {
  const batch = new Batch(
    COLUMNS.map(({ type }) => type),
    16,
    new StringPool(),
  );
  for (const row of rows) batch.append(row, weight);
  return batch;
}

/** Returns the lines of the committed files, in the order of the files. */
function visible(disk: MemoryDisk): string[] {
  const paths = disk.paths().filter((path) => /\/part-[^/]*\.ndjson$/.test(path));
  return paths.flatMap((path) => Buffer.from(disk.raw(path)).toString().trimEnd().split('\n'));
}

const line = (id: number): string => `{"id":${id},"title":"t${id}"}`;

test('rows become visible as lines of JSON once their checkpoint is durable, and not before', async () => {
  const disk = new MemoryDisk();
  const sink = sinkOn(disk);
  await sink.open();
  sink.restart();
  sink.append(
    rowsOf([
      [9007199254740993n, null],
      [2n, 'a "b"\n☃'],
    ]),
    { epoch: 7, now_us: 0 },
  );
  const token = await sink.prepare(8);
  expect(visible(disk)).toEqual([]);
  sink.append(rowsOf([[3n, 'later']]), { epoch: 9, now_us: 0 });
  await sink.commit(token!);
  expect(visible(disk)).toEqual(['{"id":9007199254740993,"title":null}', '{"id":2,"title":"a \\"b\\"\\n☃"}']);
  expect(sink.stats()).toMatchObject({ upserts: 2, queued: 0 });
  await sink.commit((await sink.prepare(10))!);
  expect(visible(disk)).toHaveLength(3);
  expect(await sink.prepare(11)).toBeUndefined();
});

test('values of all other types are written as in the HTTP API', async () => {
  const disk = new MemoryDisk();
  const columns: PlanColumn[] = [
    { name: 'at', type: TIMESTAMP, nullable: false },
    { name: 'detail', type: JSONB, nullable: false },
  ];
  const sink = sinkOn(disk, undefined, columns);
  await sink.open();
  sink.restart();
  const batch = new Batch([TIMESTAMP, JSONB], 1, new StringPool());
  batch.append([Date.UTC(2026, 2, 15, 12) * 1000, '{"a": [1, "x"]}']);
  sink.append(batch, { epoch: 1, now_us: 0 });
  await sink.commit((await sink.prepare(1))!);
  const [text] = visible(disk);
  expect(JSON.parse(text!)).toEqual({ at: '2026-03-15T12:00:00', detail: { a: [1, 'x'] } });
});

test('retractions are skipped, and a file beyond the size limit is closed', async () => {
  const disk = new MemoryDisk();
  const sink = sinkOn(disk, 40);
  await sink.open();
  sink.restart();
  for (let id = 0; id < 6; id++) sink.append(rowsOf([[BigInt(id), `t${id}`]]), { epoch: 1, now_us: 0 });
  sink.append(rowsOf([[0n, 't0']], -1), { epoch: 1, now_us: 0 });
  await sink.commit((await sink.prepare(1))!);
  expect(visible(disk)).toEqual([0, 1, 2, 3, 4, 5].map(line));
  expect(disk.paths().filter((path) => path.includes('/part-'))).toHaveLength(3);
});

test('a full disk fails the checkpoint; once there is room, the same rows are written exactly once', async () => {
  const disk = new MemoryDisk();
  const sink = sinkOn(disk, 40);
  await sink.open();
  sink.restart();
  disk.room = 50;
  for (let id = 0; id < 6; id++) sink.append(rowsOf([[BigInt(id), `t${id}`]]), { epoch: 1, now_us: 0 });
  await expect(sink.prepare(1)).rejects.toThrow('files cannot be written');
  disk.room = Infinity;
  sink.append(rowsOf([[6n, 't6']]), { epoch: 2, now_us: 0 });
  await sink.commit((await sink.prepare(2))!);
  expect(visible(disk)).toEqual([0, 1, 2, 3, 4, 5, 6].map(line));
});

test('a folder belongs to one sink, and a folder that replaces it is a new destination', async () => {
  const disk = new MemoryDisk();
  const [first, again] = [sinkOn(disk), sinkOn(disk)];
  await first.open();
  await again.open();
  expect(again.destination).toBe(first.destination);
  const renamed = new FileSink({ name: 'plays', view: 'all_events', columns: COLUMNS, folder: FOLDER, disk });
  await expect(renamed.open()).rejects.toMatchObject({
    message: 'folder /out belongs to sink "events"',
    hint: expect.stringContaining('remove .freshet-sink.json'),
  });
  const other = sinkOn(new MemoryDisk());
  await other.open();
  expect(other.destination).not.toBe(first.destination);
});

/**
 * Runs processes that append 0, 1, 2, ... and checkpoint, each cut at a random disk operation. After each recovery the
 * folder must show the rows of the checkpoint, or the sink must ask for all rows again. Returns the faults found.
 */
async function livesAndDeaths(seed: number): Promise<readonly string[]> {
  const random = seeded(seed);
  const wrong: string[] = [];
  let disk = new MemoryDisk();
  let checkpoint: { next: number; epoch: number; token: string | undefined; destination: string } | undefined;
  const earlier: NonNullable<typeof checkpoint>[] = [];
  let epoch = 0;
  for (let life = 0; life < 5; life++) {
    disk.cutAt = life === 4 ? Infinity : disk.operations + 1 + Math.floor(random() * 60);
    const sink = sinkOn(disk, 60);
    try {
      await sink.open();
      // Sometimes the newest checkpoint is damaged: the process falls back, and its epochs continue far ahead.
      if (random() < 0.2 && earlier.length > 1) {
        checkpoint = earlier.at(-2);
        epoch += 1000;
      }
      let next = checkpoint?.next ?? 0;
      const isKnown = checkpoint?.destination === sink.destination;
      if (isKnown && (await sink.recover(checkpoint!.token, checkpoint!.epoch))) {
        const shown = visible(disk);
        const wanted = Array.from({ length: next }, (_, id) => line(id));
        if (shown.join() !== wanted.join())
          wrong.push(`seed ${seed}: ${shown.length} rows instead of ${next}`);
      } else {
        sink.restart();
        const all = Array.from({ length: next }, (_, id) => [BigInt(id), `t${id}`] as const);
        sink.append(rowsOf(all), { epoch: ++epoch, now_us: 0 });
      }
      for (let step = 0; step < 12; step++) {
        const n = Math.floor(random() * 6);
        const rows = Array.from({ length: n }, (_, i) => [BigInt(next + i), `t${next + i}`] as const);
        sink.append(rowsOf(rows), { epoch: ++epoch, now_us: 0 });
        next += n;
        if (random() < 0.5) continue;
        const token = await sink.prepare(epoch);
        if (random() < 0.1) break; // killed before the checkpoint is durable
        checkpoint = { next, epoch, token, destination: sink.destination };
        earlier.push(checkpoint);
        if (random() < 0.1) break; // killed before the commit
        if (token !== undefined) await sink.commit(token);
        if (visible(disk).length !== next) wrong.push(`seed ${seed}: a commit shows other rows`);
      }
    } catch (error) {
      if (!(error instanceof PowerCut || String(error).includes('power cut'))) throw error;
    }
    await sink.close();
    disk = disk.afterPowerCut(random);
  }
  return wrong;
}

test('after any crash the folder shows each row of a checkpoint exactly once', async () => {
  const wrong: string[] = [];
  for (let seed = 0; seed < 400; seed++) wrong.push(...(await livesAndDeaths(seed)));
  expect(wrong).toEqual([]);
});
