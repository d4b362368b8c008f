import type { SqlValueError } from '../values/sql-error.ts';
import type { EvaluationError } from './contract.ts';

interface Failure {
  readonly view: string;
  readonly error: SqlValueError;
}

/** Counts, by view and message, expressions that failed for a row and became NULL. */
export class ErrorLog {
  readonly #limit: number;
  #silent = false;
  /** Set while `newly` runs: receives failures instead of the counters. */
  #collected: Failure[] | undefined;
  readonly #entries = new Map<string, { view: string; code: string; message: string; count: number }>();

  constructor(limit = 256) {
    this.#limit = limit;
  }

  /** Runs `f` without counting its failures: for rows whose failures were counted before. */
  silently<T>(f: () => T): T {
    const before = this.#silent;
    this.#silent = true;
    try {
      return f();
    } finally {
      this.#silent = before;
    }
  }

  /** Runs `before`, then `f`; counts the failures of `f` that `before` did not have. Returns the result of `f`. */
  newly<T>(before: () => void, f: () => T): T {
    if (this.#silent) return f();
    const known: Failure[] = [];
    const found: Failure[] = [];
    try {
      this.#collected = known;
      before();
      this.#collected = found;
      return f();
    } finally {
      this.#collected = undefined;
      for (const { view, error } of found) {
        const at = known.findIndex((k) => k.error.code === error.code && k.error.message === error.message);
        if (at >= 0) known.splice(at, 1);
        else this.record(view, error);
      }
    }
  }

  record(view: string, error: SqlValueError): void {
    if (this.#silent) return;
    if (this.#collected !== undefined) {
      this.#collected.push({ view, error });
      return;
    }
    const { code, message } = error;
    if (this.#count(view, code, message)) return;
    // Every row may bring a message of its own: beyond the limit, failures are counted by view and code.
    const others = 'further errors with other messages';
    if (!this.#count(view, code, others)) this.#add(view, code, others);
  }

  /** Counts an error under its own message; returns false if there is no room for another message. */
  #count(view: string, code: string, message: string): boolean {
    const entry = this.#entries.get(keyOf(view, code, message));
    if (entry !== undefined) entry.count++;
    else if (this.#entries.size < this.#limit) this.#add(view, code, message);
    else return false;
    return true;
  }
  #add(view: string, code: string, message: string): void {
    this.#entries.set(keyOf(view, code, message), { view, code, message, count: 1 });
  }

  take(): readonly EvaluationError[] {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    return entries;
  }
}

function keyOf(view: string, code: string, message: string): string {
  return `${view}\0${code}\0${message}`;
}
