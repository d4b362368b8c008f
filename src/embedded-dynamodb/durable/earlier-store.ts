import { join } from 'node:path';
import type { Disk } from '../../platform/disk.ts';

/** The files of LevelDB, in which the embedded DynamoDB of version 0.1.0 kept its tables. */
const LEVELDB = /^(?:CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(?:ldb|sst|log))$/;

/**
 * Removes the tables that an earlier version left in the folder, which nothing here can read: the views fill them
 * anew. Resolves to whether there were any.
 */
export async function removeEarlierStore(disk: Disk, directory: string): Promise<boolean> {
  const names = await disk.list(directory);
  if (!names.includes('CURRENT') || !names.some((name) => name.startsWith('MANIFEST-'))) return false;
  for (const name of names) {
    if (LEVELDB.test(name)) await disk.remove(join(directory, name));
  }
  await disk.syncDirectory(directory);
  return true;
}
