import { expect, test } from 'vitest';
import { DeliveryLog } from '../../src/storage/delivery-log.ts';
import { MemoryDisk, PowerCut } from '../platform/support/memory-disk.ts';
import { seeded } from './support/random.ts';

const DIRECTORY = '/state/delivery';

function open(disk: MemoryDisk): DeliveryLog {
  return new DeliveryLog({ disk, directory: DIRECTORY });
}

test('keys handed out after the checkpoint are recovered once each, and the epoch continues', async () => {
  const disk = new MemoryDisk();
  const log = open(disk);
  await log.begin(1);
  await log.append(1, [{ sink: 'a', keys: [[1n], [2n]] }]);
  await log.append(2, [
    { sink: 'a', keys: [[2n], [3n]] },
    { sink: 'b', keys: [['x', 1n]] },
  ]);
  await log.append(5, [{ sink: 'a', keys: [[2n]] }]);
  const all = await open(disk).recover(0);
  expect([...all.keys.get('a')!.values()]).toEqual([[1n], [2n], [3n]]);
  expect([...all.keys.get('b')!.values()]).toEqual([['x', 1n]]);
  expect(all.lastEpoch).toBe(5);
  expect(all.tornBytes).toBe(0);
  const later = await open(disk).recover(2);
  expect([...later.keys.keys()]).toEqual(['a']);
  expect([...later.keys.get('a')!.values()]).toEqual([[2n]]);
});

test('a segment is removed once all of its records are covered by a checkpoint', async () => {
  const disk = new MemoryDisk();
  const log = open(disk);
  await log.begin(1);
  await log.append(4, [{ sink: 'a', keys: [[1n]] }]);
  await log.begin(5);
  await log.append(9, [{ sink: 'a', keys: [[2n]] }]);
  await log.begin(10);
  await log.collect(3);
  expect(disk.paths()).toHaveLength(3);
  await log.collect(4);
  expect(disk.paths()).toEqual([
    `${DIRECTORY}/handed-0000000000000005-0000.log`,
    `${DIRECTORY}/handed-0000000000000010-0000.log`,
  ]);
  await log.collect(20);
  expect(disk.paths()).toEqual([`${DIRECTORY}/handed-0000000000000010-0000.log`]);
});

test('after a power cut at any operation every acknowledged record is recovered', async () => {
  const run = async (disk: MemoryDisk, onAck: (epoch: number) => void): Promise<void> => {
    const log = open(disk);
    let epoch = (await log.recover(0)).lastEpoch;
    await log.begin(++epoch);
    for (let i = 0; i < 8; i++) {
      await log.append(epoch, [{ sink: 'a', keys: [[BigInt(epoch)]] }]);
      onAck(epoch);
      if (i % 3 === 2) await log.begin(epoch + 1);
      epoch++;
    }
  };
  const dry = new MemoryDisk();
  await run(dry, () => {});
  for (let cutAt = 1; cutAt <= dry.operations; cutAt++) {
    for (let variant = 0; variant < 5; variant++) {
      let disk = new MemoryDisk();
      const acknowledged = new Set<number>();
      // Two processes, one after the other, each cut at the same operation.
      for (let life = 0; life < 2; life++) {
        disk.cutAt = disk.operations + cutAt;
        await run(disk, (epoch) => acknowledged.add(epoch)).catch((error: unknown) => {
          if (!(error instanceof PowerCut)) throw error;
        });
        disk = disk.afterPowerCut(seeded(cutAt * 17 + variant * 1000 + life));
      }
      const recovered = await open(disk).recover(0);
      const keys = new Set([...(recovered.keys.get('a')?.values() ?? [])].map(([k]) => Number(k)));
      for (const epoch of acknowledged) expect(keys, `cut at ${cutAt}, variant ${variant}`).toContain(epoch);
      expect(recovered.lastEpoch).toBeGreaterThanOrEqual(Math.max(0, ...acknowledged));
    }
  }
});

test('a disk that stays full does not pile up segments and loses no record', async () => {
  const disk = new MemoryDisk();
  const log = open(disk);
  await log.begin(1);
  await log.append(1, [{ sink: 'a', keys: [[1n]] }]);
  disk.room = 5;
  for (let attempt = 0; attempt < 50; attempt++) {
    await expect(log.append(2, [{ sink: 'a', keys: [[2n]] }])).rejects.toThrow('ENOSPC');
    await log.begin(2);
  }
  expect(disk.paths().length).toBeLessThanOrEqual(2);
  disk.room = Infinity;
  await log.append(2, [{ sink: 'a', keys: [[2n]] }]);
  expect([...(await open(disk).recover(0)).keys.get('a')!.values()]).toEqual([[1n], [2n]]);
});

test('a new segment never takes the name of an existing one, also after earlier segments are removed', async () => {
  const disk = new MemoryDisk();
  for (let life = 0; life < 3; life++) {
    const log = open(disk);
    await log.begin(1);
    await log.append(1, [{ sink: 'a', keys: [[BigInt(life)]] }]);
  }
  await disk.remove(disk.paths()[0]!);
  const log = open(disk);
  await log.begin(1);
  await log.append(1, [{ sink: 'a', keys: [[9n]] }]);
  expect([...(await open(disk).recover(0)).keys.get('a')!.values()]).toEqual([[1n], [2n], [9n]]);
});

test('a segment whose name cannot be made durable is not left behind', async () => {
  const disk = new MemoryDisk();
  const log = open(disk);
  await log.begin(1);
  const syncDirectory = disk.syncDirectory.bind(disk);
  disk.syncDirectory = () => Promise.reject(new Error('EIO'));
  await expect(log.begin(2)).rejects.toThrow('EIO');
  disk.syncDirectory = syncDirectory;
  expect(disk.paths()).toEqual([`${DIRECTORY}/handed-0000000000000001-0000.log`]);
  await log.append(1, [{ sink: 'a', keys: [[1n]] }]);
  expect((await open(disk).recover(0)).lastEpoch).toBe(1);
});

test('reading a segment stops at a damaged record, which is reported', async () => {
  const disk = new MemoryDisk();
  const log = open(disk);
  await log.begin(1);
  await log.append(1, [{ sink: 'a', keys: [[1n]] }]);
  await log.append(2, [{ sink: 'a', keys: [[2n]] }]);
  const bytes = disk.raw(disk.paths()[0]!);
  bytes[bytes.length - 1]! ^= 4;
  const recovered = await open(disk).recover(0);
  expect([...recovered.keys.get('a')!.values()]).toEqual([[1n]]);
  expect(recovered.damaged).toHaveLength(1);
});

test('damage anywhere before the last record is reported as damage, not as a torn end', async () => {
  const disk = new MemoryDisk();
  const log = open(disk);
  await log.begin(1);
  for (let epoch = 1; epoch <= 4; epoch++) await log.append(epoch, [{ sink: 'a', keys: [[BigInt(epoch)]] }]);
  const path = `${DIRECTORY}/handed-0000000000000001-0000.log`;
  const whole = await disk.readFile(path);
  const record = whole.length / 4;
  const after = async (bytes: Uint8Array): Promise<object> => {
    const copy = new MemoryDisk();
    await copy.mkdir();
    const file = await copy.open(path, 'create');
    await file.append(bytes);
    await file.sync();
    const { keys, damaged, tornBytes } = await open(copy).recover(0);
    return { keys: keys.get('a')?.size ?? 0, damaged: damaged.map(({ byte }) => byte), tornBytes };
  };
  expect(await after(whole)).toEqual({ keys: 4, damaged: [], tornBytes: 0 });
  for (let length = 0; length < whole.length; length++) {
    const kept = Math.floor(length / record);
    const torn = { keys: kept, damaged: [], tornBytes: length - kept * record };
    expect(await after(whole.subarray(0, length)), `cut at ${length}`).toEqual(torn);
  }
  const missed: number[] = [];
  for (let at = 0; at < whole.length - record; at++) {
    const bytes = whole.slice();
    bytes[at]! ^= 0x55;
    const found = (await after(bytes)) as { damaged: number[] };
    if (found.damaged[0] !== Math.floor(at / record) * record) missed.push(at);
  }
  expect(missed).toEqual([]);
});
