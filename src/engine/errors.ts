import type { SqlValueError } from '../values/sql-error.ts';
import type { EvaluationError } from './contract.ts';

interface Failure {
  readonly view: string;
  readonly error: SqlValueError;
}

/** Counts expressions that failed for a row and became NULL there, by view and message. */
export class ErrorLog {
  readonly #limit: number;
  #silent = false;
  /** Where what fails is put aside rather than counted. */
  #collected: Failure[] | undefined;
  readonly #entries = new Map<string, { view: string; code: string; message: string; count: number }>();

  constructor(limit = 256) {
    this.#limit = limit;
  }

  /** Runs `f` without counting what fails in it: rows are evaluated that were counted before. */
  silently<T>(f: () => T): T {
    const before = this.#silent;
    this.#silent = true;
    try {
      return f();
    } finally {
      this.#silent = before;
    }
  }

  /** Runs `f` and counts what fails in it and did not fail in `before`, which is run first. */
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
    // Every row may bring a message of its own: what is beyond the limit is told by view and code.
    const others = 'further errors, of more kinds than are kept';
    if (!this.#count(view, code, others)) this.#add(view, code, others);
  }

  /** Counts an error that is kept, or can be; false if there is no room for another. */
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
