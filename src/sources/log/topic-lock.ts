import { StorageError } from '../../storage/errors.ts';
import { type FolderLock, lockFolder } from '../../storage/folder-lock.ts';
import { SourceError } from '../source.ts';

/**
 * Locks a topic's folder. Rejects with SourceError while another process holds the lock. Calls `onLost` if another
 * process takes the lock over later; the caller must then stop writing to the folder.
 */
export async function lockTopic(
  name: string,
  directory: string,
  onLost: (error: SourceError) => void,
): Promise<FolderLock> {
  try {
    return await lockFolder(directory, { onLost: (error) => onLost(asSourceError(name, error)) });
  } catch (error) {
    throw error instanceof StorageError ? asSourceError(name, error) : error;
  }
}

function asSourceError(name: string, error: StorageError): SourceError {
  return new SourceError(name, error.message, { cause: error, hint: error.hint });
}
