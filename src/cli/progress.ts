import type { CliIo } from './io.ts';

const REDRAW_MS = 100;

/** A progress line on stderr that is redrawn in place. Prints nothing unless stderr is a terminal. */
export class Progress {
  readonly #io: CliIo;
  #drawn_ms = -Infinity;
  #visible = false;

  constructor(io: CliIo) {
    this.#io = io;
  }

  show(text: string): void {
    if (!this.#io.interactive) return;
    const now_ms = performance.now();
    if (now_ms - this.#drawn_ms < REDRAW_MS) return;
    this.#drawn_ms = now_ms;
    this.#visible = true;
    this.#io.stderr.write(`\r\u001b[K${text}`);
  }

  /** Erases the line. Called before anything else is printed. */
  clear(): void {
    if (this.#visible) this.#io.stderr.write('\r\u001b[K');
    this.#visible = false;
  }
}

const TELL_MS = 30_000;

/** Lines on stderr about long work where no one watches a terminal, such as in CI: at most one in half a minute. */
export class ProgressLog {
  readonly #io: CliIo;
  #told_ms = performance.now();

  constructor(io: CliIo) {
    this.#io = io;
  }

  tell(text: string): void {
    const now_ms = performance.now();
    if (this.#io.interactive || now_ms - this.#told_ms < TELL_MS) return;
    this.#told_ms = now_ms;
    this.#io.stderr.write(`${text}\n`);
  }
}
