import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CheckpointStore } from '../../src/storage/checkpoint-store.ts';
import type { LoadedCheckpoint } from '../../src/storage/checkpoint-store.ts';
import type { Disk } from '../../src/platform/disk.ts';
import { FingerprintError } from '../../src/storage/errors.ts';
import { createNodeDisk } from '../../src/platform/node-disk.ts';
import { SnapshotBuffer } from '../../src/storage/snapshot-file.ts';
import { MemoryDisk, PowerCut } from '../platform/support/memory-disk.ts';
import { seeded } from './support/random.ts';

const DIRECTORY = '/state/checkpoints';

function open(disk: Disk, directory = DIRECTORY): CheckpointStore {
  return new CheckpointStore({ disk, directory, keep: 2 });
}

/** Returns the blocks of an epoch's checkpoint: different in each epoch; one block is empty. */
function blocksOf(epoch: number, scale = 1): Map<string, Uint8Array> {
  const random = seeded(epoch);
  const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => Math.floor(random() * 256));
  return new Map([
    ['agg.slots', bytes(1000 * scale + epoch)],
    ['agg.empty', new Uint8Array(0)],
    ['pool', bytes(3 + epoch)],
  ]);
}

async function write(store: CheckpointStore, epoch: number, fingerprint = 'plan-a'): Promise<void> {
  const state = new SnapshotBuffer();
  for (const [name, bytes] of blocksOf(epoch)) state.block(name, bytes);
  await store.write({
    epoch,
    now_us: epoch * 1_000_000,
    fingerprint,
    memos: new Map([['plays', '{"files":[]}']]),
    positions: new Map([
      [
        'views',
        new Map([
          ['0', String(epoch * 10)],
          ['3', String(epoch)],
        ]),
      ],
      ['__proto__', new Map([['0', '1']])],
    ]),
    lost: new Map(),
    pending: new Map([
      ['sink_a', [[BigInt(epoch), 'engagement#watch']]],
      ['sink_b', []],
    ]),
    sinks: new Map([['sink_a', 'table@region']]),
    clearing: new Map(),
    commits: new Map(),
    rebuilding: epoch % 2 === 0,
    state,
  });
  await store.collect();
}

function expectIsOf(checkpoint: LoadedCheckpoint | undefined, epoch: number): void {
  expect(checkpoint?.manifest.epoch).toBe(epoch);
  for (const [name, bytes] of blocksOf(epoch)) {
    const block = checkpoint!.state.block(name);
    expect(Buffer.compare(block, bytes)).toBe(0);
    expect(block.byteOffset % 8).toBe(0);
  }
  expect(checkpoint!.state.has('nothing')).toBe(false);
  expect(checkpoint!.manifest.now_us).toBe(epoch * 1_000_000);
  expect(checkpoint!.manifest.memos).toEqual(new Map([['plays', '{"files":[]}']]));
  expect(checkpoint!.manifest.positions.get('views')).toEqual(
    new Map([
      ['0', String(epoch * 10)],
      ['3', String(epoch)],
    ]),
  );
  expect(checkpoint!.manifest.positions.get('__proto__')).toEqual(new Map([['0', '1']]));
  expect(checkpoint!.manifest.sinks).toEqual(new Map([['sink_a', 'table@region']]));
  expect(checkpoint!.manifest.rebuilding).toBe(epoch % 2 === 0);
  expect(checkpoint!.pending.get('sink_a')).toEqual([[BigInt(epoch), 'engagement#watch']]);
  expect(checkpoint!.pending.get('sink_b')).toEqual([]);
}

test('an empty directory has no checkpoint', async () => {
  expect(await open(new MemoryDisk()).recover('plan-a')).toEqual({ checkpoint: undefined, skipped: [] });
});

test('a checkpoint restores what was saved, also on a real disk and with a block of many frames', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-checkpoints-'));
  try {
    const store = open(createNodeDisk(), join(directory, 'a', 'b'));
    await store.recover('plan-a');
    const large = Uint8Array.from({ length: 9 * 2 ** 20 + 5 }, (_, i) => (i * 2654435761) >>> 24);
    const state = new SnapshotBuffer();
    state.block('large', large);
    const before = large.slice();
    large.fill(0);
    await store.write({
      epoch: 7,
      now_us: 1.5e15,
      fingerprint: 'plan-a',
      memos: new Map([['plays', '{"files":[]}']]),
      positions: new Map(),
      lost: new Map(),
      pending: new Map(),
      sinks: new Map(),
      clearing: new Map(),
      commits: new Map(),
      rebuilding: false,
      state,
    });
    const { checkpoint } = await open(createNodeDisk(), join(directory, 'a', 'b')).recover('plan-a');
    expect(Buffer.compare(checkpoint!.state.block('large'), before)).toBe(0);
    expect(checkpoint!.manifest.now_us).toBe(1.5e15);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a power cut at any operation leaves the last acknowledged checkpoint or a later, complete one', async () => {
  const dry = new MemoryDisk();
  const dryStore = open(dry);
  await dryStore.recover('plan-a');
  for (let epoch = 1; epoch <= 5; epoch++) await write(dryStore, epoch);
  const operations = dry.operations;
  expect(operations).toBeGreaterThan(50);

  for (let cutAt = 1; cutAt <= operations; cutAt++) {
    for (let variant = 0; variant < 6; variant++) {
      const disk = new MemoryDisk();
      disk.cutAt = cutAt;
      const store = open(disk);
      let acknowledged = 0;
      let attempted = 0;
      try {
        await store.recover('plan-a');
        for (let epoch = 1; epoch <= 5; epoch++) {
          attempted = epoch;
          await write(store, epoch);
          acknowledged = epoch;
        }
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      const after = disk.afterPowerCut(seeded(cutAt * 31 + variant));
      const revived = open(after);
      const { checkpoint, skipped } = await revived.recover('plan-a');
      expect(skipped, 'a cut alone never leaves a manifest without its snapshot').toEqual([]);
      const epoch = checkpoint?.manifest.epoch ?? 0;
      expect(epoch, `cut at ${cutAt}, variant ${variant}`).toBeGreaterThanOrEqual(acknowledged);
      expect(epoch).toBeLessThanOrEqual(attempted);
      if (epoch > 0) expectIsOf(checkpoint, epoch);
      // The revived store can write further checkpoints.
      await write(revived, 9);
      expectIsOf((await open(after).recover('plan-a')).checkpoint, 9);
    }
  }
});

test('any flipped byte of the newest checkpoint is detected, and the previous checkpoint is restored', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await store.recover('plan-a');
  await write(store, 1);
  await write(store, 2);
  const newest = disk.paths().filter((path) => path.includes('000000000002'));
  expect(newest).toHaveLength(2);
  const random = seeded(11);
  for (const path of newest) {
    const bytes = disk.raw(path);
    const places = new Set(Array.from({ length: 300 }, () => Math.floor(random() * bytes.length)));
    for (let i = 0; i < 64; i++) places.add(i).add(bytes.length - 1 - i);
    for (const at of places) {
      const flip = 1 << Math.floor(random() * 8);
      bytes[at]! ^= flip;
      const { checkpoint, skipped } = await open(disk).recover('plan-a');
      expect(skipped, `${path} byte ${at} xor ${flip}`).toHaveLength(1);
      expect(skipped[0]!.id).toBe(2);
      expect(skipped[0]!.reason).toContain('checkpoint-000000000002');
      expectIsOf(checkpoint, 1);
      bytes[at]! ^= flip;
    }
  }
  expectIsOf((await open(disk).recover('plan-a')).checkpoint, 2);
});

test('a truncated or missing snapshot is detected; without an intact one, recovery reports each of them', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await store.recover('plan-a');
  await write(store, 1);
  await write(store, 2);
  disk.truncate(`${DIRECTORY}/checkpoint-000000000002.snapshot`, 700);
  await disk.remove(`${DIRECTORY}/checkpoint-000000000001.snapshot`);
  const { checkpoint, skipped } = await open(disk).recover('plan-a');
  expect(checkpoint).toBeUndefined();
  expect(skipped.map((s) => s.id)).toEqual([2, 1]);
  expect(skipped[0]!.reason).toMatch(/has 700 bytes, not \d+/);
  expect(skipped[1]!.reason).toMatch(/is missing/);
});

test('the state of another plan is refused with the reason, and its undelivered keys are returned', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await store.recover('plan-a');
  await write(store, 1);
  const error = await open(disk)
    .recover('plan-b')
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(FingerprintError);
  expect((error as FingerprintError).message).toBe('checkpoint 1 holds the state of another plan');
  expect((error as FingerprintError).manifest.fingerprint).toBe('plan-a');
  expect((error as FingerprintError).pending.get('sink_a')).toEqual([[1n, 'engagement#watch']]);
});

test('only the last checkpoints are kept, and a full disk removes none of them', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await store.recover('plan-a');
  for (let epoch = 1; epoch <= 6; epoch++) await write(store, epoch);
  expect(disk.paths().map((path) => path.slice(DIRECTORY.length + 1))).toEqual([
    'checkpoint-000000000005.manifest',
    'checkpoint-000000000005.snapshot',
    'checkpoint-000000000006.manifest',
    'checkpoint-000000000006.snapshot',
  ]);
  for (const room of [0, 10, 500, 1100]) {
    disk.room = room;
    await expect(write(store, 7)).rejects.toThrow('ENOSPC');
    expect(disk.paths()).toHaveLength(4);
    expectIsOf((await open(disk).recover('plan-a')).checkpoint, 6);
  }
  disk.room = Infinity;
  await write(store, 8);
  expectIsOf((await open(disk).recover('plan-a')).checkpoint, 8);
  expect(disk.paths()).toHaveLength(4);
});
