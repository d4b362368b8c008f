import { SqlValueError } from '../values/sql-error.ts';
import type { EvaluationError } from './contract.ts';

/** Counts expressions that failed for a row and became NULL there, by view and message. */
export class ErrorLog {
  readonly #limit: number;
  readonly #entries = new Map<string, { view: string; code: string; message: string; count: number }>();

  constructor(limit = 256) {
    this.#limit = limit;
  }

  record(view: string, error: SqlValueError): void {
    const key = `${view}\0${error.code}\0${error.message}`;
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.count++;
    else if (this.#entries.size < this.#limit) {
      this.#entries.set(key, { view, code: error.code, message: error.message, count: 1 });
    } else this.record(view, new SqlValueError(error.code, 'further errors, of more kinds than are kept'));
  }

  take(): readonly EvaluationError[] {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    return entries;
  }
}
