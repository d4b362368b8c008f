import type { Manifest } from './manifest.ts';
import type { PendingKeys } from './pending-keys.ts';

/** Stored state cannot be used, for a reason that an operator can mend. */
export class StorageError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, options?: { hint?: string | undefined; cause?: unknown }) {
    super(message, { cause: options?.cause });
    this.name = 'StorageError';
    this.hint = options?.hint;
  }
}

/** A stored file is torn, incomplete or damaged. Never raised for a disk that merely refuses (EACCES, EIO). */
export class CorruptFileError extends Error {
  readonly file: string;
  constructor(file: string, message: string) {
    super(`${file}: ${message}`);
    this.name = 'CorruptFileError';
    this.file = file;
  }
}

/** The stored state was made by another plan: its blocks cannot be read by this one. */
export class FingerprintError extends Error {
  readonly manifest: Manifest;
  readonly expected: string;
  /** Still owed to the destinations, whatever the plan is. */
  readonly pending: PendingKeys;
  constructor(options: { manifest: Manifest; expected: string; pending: PendingKeys }) {
    super(`checkpoint ${options.manifest.id} holds the state of another plan`);
    this.name = 'FingerprintError';
    this.manifest = options.manifest;
    this.expected = options.expected;
    this.pending = options.pending;
  }
}
