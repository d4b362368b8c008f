import { expect, test } from 'vitest';
import { DeliveryLog } from '../../src/storage/delivery-log.ts';
import { MemoryDisk, PowerCut } from './support/memory-disk.ts';
import { seeded } from './support/random.ts';

const DIRECTORY = '/state/delivery';

function open(disk: MemoryDisk): DeliveryLog {
  return new DeliveryLog({ disk, directory: DIRECTORY });
}

test('keys handed out after the checkpoint come back, once each, and the epoch goes on', async () => {
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

test('segments are collected once nothing in them is newer than the epoch', async () => {
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
    `${DIRECTORY}/delivery-0000000000000005-0000.log`,
    `${DIRECTORY}/delivery-0000000000000010-0000.log`,
  ]);
  await log.collect(20);
  expect(disk.paths()).toEqual([`${DIRECTORY}/delivery-0000000000000010-0000.log`]);
});

test('after a power cut at any operation every acknowledged record is there', async () => {
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
      // Two lives, each cut at the same place.
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

test('a damaged record ends its segment and is reported', async () => {
  const disk = new MemoryDisk();
  const log = open(disk);
  await log.begin(1);
  await log.append(1, [{ sink: 'a', keys: [[1n]] }]);
  await log.append(2, [{ sink: 'a', keys: [[2n]] }]);
  const bytes = disk.raw(disk.paths()[0]!);
  bytes[bytes.length - 1]! ^= 4;
  const recovered = await open(disk).recover(0);
  expect([...recovered.keys.get('a')!.values()]).toEqual([[1n]]);
  expect(recovered.tornBytes).toBeGreaterThan(8);
});
