import { join } from 'node:path';
import type { Disk } from '../../platform/disk.ts';

/** File names of LevelDB, which held the tables of the embedded DynamoDB in version 0.1.0. */
const LEVELDB = /^(?:CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(?:ldb|sst|log))$/;

/**
 * Removes the files of an earlier version from the folder. This version cannot read them, and the views fill the tables
 * again. Resolves to true if there were any.
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
