import type { Manifest } from './manifest.ts';
import type { PendingKeys } from './pending-keys.ts';
import { FreshetError, type FreshetErrorOptions } from '../values/freshet-error.ts';

/** Stored state cannot be used, for a reason that an operator can mend. */
export class StorageError extends FreshetError {
  constructor(message: string, options?: FreshetErrorOptions) {
    super('storage_failed', message, options);
  }
}

/** A stored file is torn, incomplete or damaged. Never raised for a disk that merely refuses (EACCES, EIO). */
export class CorruptFileError extends FreshetError {
  readonly file: string;
  constructor(file: string, message: string) {
    super('file_damaged', `${file}: ${message}`);
    this.file = file;
  }
}

/** The stored state was made by another plan: its blocks cannot be read by this one. */
export class FingerprintError extends FreshetError {
  readonly manifest: Manifest;
  readonly expected: string;
  /** Keys that await redelivery, whatever the plan is. */
  readonly pending: PendingKeys;
  constructor(options: { manifest: Manifest; expected: string; pending: PendingKeys }) {
    super('other_plan', `checkpoint ${options.manifest.id} holds the state of another plan`);
    this.manifest = options.manifest;
    this.expected = options.expected;
    this.pending = options.pending;
  }
}
