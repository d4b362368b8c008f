/**
 * The file operations that durable state needs. Tests substitute a disk that tears, drops and fails. Paths are ordinary
 * file paths. `list` treats a missing directory as empty; other operations reject with the system's error unless they
 * say otherwise.
 *
 * A power cut preserves the bytes up to the last `sync` of their file, and names (created, renamed or removed) up to
 * the last `syncDirectory` of their directory. Later changes may be lost.
 */
export interface Disk {
  /** Creates the directory and its parents and syncs the new names. Succeeds if the directory exists. */
  mkdir(path: string): Promise<void>;
  /** Resolves to the file names in a directory, sorted by code unit. */
  list(path: string): Promise<readonly string[]>;
  /** Opens a file for appending. `create` rejects if the file exists; `append` creates it if it does not. */
  open(path: string, mode: 'create' | 'append'): Promise<DiskFile>;
  /** Resolves to the length in bytes; undefined if the file does not exist. */
  size(path: string): Promise<number | undefined>;
  openRead(path: string): Promise<DiskReader>;
  readFile(path: string): Promise<Uint8Array>;
  /** Renames atomically, replacing `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. Succeeds if the file does not exist. */
  remove(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

/** A file being written. After a rejected `append` or `sync` its tail is undefined: close it and write a new file. */
export interface DiskFile {
  /** Appends all of `bytes`, which must not change until the promise settles. */
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface DiskReader {
  readonly size: number;
  /** Fills `into` from `position`. Resolves to the bytes read, fewer than requested only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}
