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
