import { join } from 'node:path';
import type { Disk } from '../../platform/disk.ts';
import { StorageError } from '../../storage/errors.ts';
import type { Change } from './change.ts';
import { decodeEntry, hasEntryBehind } from './entry.ts';
import { fileName, storeFiles, type StoreFile } from './files.ts';

/** Summary of a store's files. */
export interface Recovered {
  /** Sequence of the last append. */
  readonly sequence: number;
  /** Number for the next file. */
  readonly nextNumber: number;
  readonly logs: readonly number[];
  readonly snapshotBytes: number;
  readonly logBytes: number;
}

/**
 * Passes the stored changes to `apply` in order. Ignores a torn end, which was never acknowledged. Rejects with
 * StorageError for any other damage.
 */
export async function recover(
  disk: Disk,
  directory: string,
  apply: (change: Change) => void,
): Promise<Recovered> {
  const damaged = (name: string, what: string): StorageError => damage(directory, name, what);
  const files = storeFiles(await disk.list(directory));
  const snapshot = files.findLast(({ kind }) => kind === 'snapshot');
  const logs = files.filter(({ kind, number }) => kind === 'log' && number >= (snapshot?.number ?? 0));
  let sequence = 0;
  let snapshotBytes = 0;
  if (snapshot !== undefined) {
    const read = await readSnapshot(disk, join(directory, snapshot.name), apply);
    if (typeof read === 'string') throw damaged(snapshot.name, read);
    ({ sequence, bytes: snapshotBytes } = read);
  }
  const first = snapshot?.number ?? 1;
  logs.forEach(({ number, name }, i) => {
    if (number !== first + i) throw damaged(fileName('log', first + i), `is missing before ${name}`);
  });
  const bases = await Promise.all(logs.map(({ name }) => baseOf(disk, join(directory, name))));
  let logBytes = 0;
  for (const [i, log] of logs.entries()) {
    const bytes = await disk.readFile(join(directory, log.name));
    const base = bases[i];
    if (base !== undefined && base !== sequence) {
      throw damaged(
        log.name,
        `continues from append ${base}, but the files before it end with append ${sequence}`,
      );
    }
    // Appends that a later file does not continue from have failed, even if they are complete on disk.
    const limit = bases.slice(i + 1).find((each) => each !== undefined) ?? Infinity;
    const read = replay(bytes, { sequence, limit, apply });
    if (typeof read === 'string') throw damaged(log.name, read);
    sequence = read;
    logBytes += bytes.length;
  }
  return {
    sequence,
    nextNumber: Math.max(first, ...logs.map(({ number }) => number + 1)),
    logs: logs.map(({ number }) => number),
    snapshotBytes,
    logBytes,
  };
}

/** Returns the names of files that a snapshot has replaced, and of unfinished snapshots. */
export function leftovers(names: readonly string[]): readonly string[] {
  const files = storeFiles(names);
  const newest = files.findLast(({ kind }) => kind === 'snapshot')?.number ?? 0;
  const isOld = ({ number }: StoreFile): boolean => number < newest;
  return [...files.filter(isOld).map(({ name }) => name), ...names.filter((name) => name.endsWith('.tmp'))];
}

function damage(directory: string, name: string, what: string): StorageError {
  return new StorageError(`the embedded DynamoDB is damaged: ${join(directory, name)} ${what}`, {
    hint: `remove the folder ${directory} and start again: the views fill its tables again`,
  });
}

async function baseOf(disk: Disk, path: string): Promise<number | undefined> {
  const reader = await disk.openRead(path);
  try {
    const bytes = new Uint8Array(64);
    const length = await reader.read(bytes, 0);
    const first = decodeEntry(bytes.subarray(0, length), 0)?.entry;
    return first?.kind === 'header' ? first.sequence : undefined;
  } finally {
    await reader.close();
  }
}

/** Applies a snapshot. Returns its sequence and size, or what is wrong with it, as the end of a message. */
async function readSnapshot(
  disk: Disk,
  path: string,
  apply: (change: Change) => void,
): Promise<{ readonly sequence: number; readonly bytes: number } | string> {
  const bytes = await disk.readFile(path);
  let sequence: number | undefined;
  for (let at = 0; ;) {
    const decoded = decodeEntry(bytes, at);
    if (decoded === undefined) return `cannot be read from byte ${at} on`;
    const { entry } = decoded;
    if ((entry.kind === 'header') !== (at === 0)) return `has no header`;
    if (entry.kind === 'header') ({ sequence } = entry);
    if (entry.sequence !== sequence) return `holds parts of two snapshots`;
    if (entry.kind === 'end') return { sequence, bytes: bytes.length };
    if (entry.kind === 'changes') entry.changes.forEach(apply);
    at = decoded.next;
  }
}

/** Applies the appends of a log up to `limit`. Returns the last sequence, or what is wrong with the log. */
function replay(
  bytes: Uint8Array,
  from: {
    readonly sequence: number;
    readonly limit: number;
    readonly apply: (change: Change) => void;
  },
): number | string {
  let { sequence } = from;
  let at = 0;
  while (at < bytes.length) {
    const decoded = decodeEntry(bytes, at);
    if (decoded === undefined) {
      if (hasEntryBehind(bytes, at)) return `cannot be read at byte ${at}`;
      break;
    }
    const { entry } = decoded;
    if (entry.kind === 'end' || (entry.kind === 'header') !== (at === 0)) {
      return `has an entry of another file at byte ${at}`;
    }
    if (entry.kind === 'changes') {
      if (entry.sequence > from.limit) break;
      if (entry.sequence !== sequence + 1) return `lacks append ${sequence + 1} at byte ${at}`;
      entry.changes.forEach(from.apply);
      ({ sequence } = entry);
    }
    at = decoded.next;
  }
  return sequence;
}
