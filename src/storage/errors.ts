import type { Manifest } from './manifest.ts';
import type { PendingKeys } from './pending-keys.ts';
import { FreshetError, type FreshetErrorOptions } from '../values/freshet-error.ts';

/** Stored state cannot be used, for a reason that an operator can correct. */
export class StorageError extends FreshetError {
  constructor(message: string, options?: FreshetErrorOptions) {
    super('storage_failed', message, options);
  }
}

/** A stored file is torn, incomplete or damaged. Errors of the system (EACCES, EIO) are passed on as they are. */
export class CorruptFileError extends FreshetError {
  readonly file: string;
  constructor(file: string, message: string) {
    super('file_damaged', `${file}: ${message}`);
    this.file = file;
  }
}

/** The stored state was written by another plan, and this plan cannot read its blocks. */
export class FingerprintError extends FreshetError {
  readonly manifest: Manifest;
  readonly expected: string;
  /** Keys that await redelivery; they are valid for any plan. */
  readonly pending: PendingKeys;
  constructor(options: { manifest: Manifest; expected: string; pending: PendingKeys }) {
    super('other_plan', `checkpoint ${options.manifest.id} holds the state of another plan`);
    this.manifest = options.manifest;
    this.expected = options.expected;
    this.pending = options.pending;
  }
}
