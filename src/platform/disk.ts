/**
 * The few file operations that durable state needs, so that a test can put a disk under it that tears, drops and
 * fails. Paths are ordinary file paths; `list` and `exists` treat a missing directory as an empty one, everything
 * else rejects with the system's error.
 *
 * What survives a power cut: bytes up to the last `sync` of their file, and names (created, renamed or removed) up to
 * the last `syncDirectory` of their directory. Nothing else may be relied on.
 */
export interface Disk {
  /** Creates the directory and its parents; fine if it is there. The names made are synced. */
  mkdir(path: string): Promise<void>;
  /** File names in a directory, sorted by code unit. */
  list(path: string): Promise<readonly string[]>;
  /** `create` fails if the file exists; `append` creates it where it does not. */
  open(path: string, mode: 'create' | 'append'): Promise<DiskFile>;
  /** Length in bytes; undefined if there is no such file. */
  size(path: string): Promise<number | undefined>;
  openRead(path: string): Promise<DiskReader>;
  readFile(path: string): Promise<Uint8Array>;
  /** Atomic; replaces `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Fine if there is no such file. */
  remove(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

/** A file being written. After a rejected `append` or `sync` its tail is unknown: close it and write another. */
export interface DiskFile {
  /** Appends all of `bytes`, which must not change until it resolves. */
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface DiskReader {
  readonly size: number;
  /** Fills `into` from `position`; the number of bytes read is smaller only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}
