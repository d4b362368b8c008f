import { join } from 'node:path';
import type { Disk } from '../../platform/disk.ts';
import { END } from '../sorted-items.ts';
import type { StoreState } from '../store.ts';
import type { Table } from '../table.ts';
import { putChange } from '../store.ts';
import type { Change } from './change.ts';
import { encodeEntry } from './entry.ts';
import { fileName } from './files.ts';

/** Text of items per slice; other work runs between two slices. */
const SLICE_BYTES = 256 << 10;

/**
 * Writes the state to a file that appears complete or not at all. Writes in slices while the state keeps changing: the
 * log with the same number, which is read after the snapshot, holds the changes made meanwhile. Resolves to the file's
 * size in bytes; to undefined if `isWanted` returned false.
 */
export async function writeSnapshot(
  disk: Disk,
  directory: string,
  snapshot: {
    readonly number: number;
    readonly sequence: number;
    readonly state: StoreState;
    readonly isWanted: () => boolean;
  },
): Promise<number | undefined> {
  const { number, sequence, state, isWanted } = snapshot;
  const path = join(directory, fileName('snapshot', number));
  const aside = `${path}.tmp`;
  await disk.remove(aside);
  const file = await disk.open(aside, 'create');
  let size = 0;
  const add = async (bytes: Uint8Array): Promise<void> => {
    await file.append(bytes);
    size += bytes.length;
  };
  let isWhole = false;
  try {
    await add(encodeEntry({ kind: 'header', sequence }));
    for (const table of state.tables) {
      for (const changes of slices(table)) {
        if (!isWanted()) return undefined;
        await add(encodeEntry({ kind: 'changes', sequence, changes }));
      }
    }
    await add(encodeEntry({ kind: 'end', sequence }));
    await file.sync();
    isWhole = true;
  } finally {
    await file.close();
    if (!isWhole) await disk.remove(aside).catch(() => {});
  }
  await disk.rename(aside, path);
  await disk.syncDirectory(directory);
  return size;
}

/** Yields the table's definition and its items in slices. The table may change between two slices. */
function* slices(table: Table): Generator<readonly Change[]> {
  yield [{ kind: 'define', definition: table.definition }];
  for (let from = ''; ;) {
    const changes: Change[] = [];
    let bytes = 0;
    for (const item of table.items.range(from, END)) {
      changes.push(putChange(table, item));
      bytes += item.text.length;
      from = `${item.key}\u0000`;
      if (bytes >= SLICE_BYTES) break;
    }
    if (changes.length === 0) return;
    yield changes;
  }
}
