import { StorageError } from '../../storage/errors.ts';
import { type FolderLock, lockFolder } from '../../storage/folder-lock.ts';
import { SourceError } from '../source.ts';

/**
 * Takes a topic's folder; rejects with SourceError while another process has it. `onLost` is called if another process
 * takes it over later: then nothing may be written to it any more.
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
