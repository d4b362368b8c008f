import type { Change } from './durable/change.ts';

export interface CommitSteps {
  /** Resolves when the changes are durable. */
  append(changes: readonly Change[]): Promise<void>;
  /** Makes durable changes visible. Does not throw. */
  apply(changes: readonly Change[]): void;
  /** Discards all accepted changes that are not durable. */
  undo(): void;
  /** Called between two appends. */
  between(): Promise<void>;
}

interface Waiting {
  readonly changes: readonly Change[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Makes changes durable in the order in which they were accepted, with one append for all that are waiting. If an
 * append fails, the waiting changes fail too, because they were decided on changes that are now discarded.
 */
export class CommitQueue {
  readonly #steps: CommitSteps;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(steps: CommitSteps) {
    this.#steps = steps;
  }

  /** Resolves when these changes, and all before them, are durable and visible. Rejects if they were discarded. */
  commit(changes: readonly Change[]): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ changes, resolve, reject }));
    this.#running ??= this.#run();
    return done;
  }

  /** Resolves when no changes are waiting. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // groups the changes accepted in this turn
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const changes = group.flatMap((each) => each.changes);
      try {
        if (changes.length > 0) await this.#steps.append(changes);
      } catch (error) {
        const failed = [...group, ...this.#waiting];
        this.#waiting = [];
        this.#steps.undo();
        for (const each of failed) each.reject(error);
        continue;
      }
      this.#steps.apply(changes);
      for (const each of group) each.resolve();
      await this.#steps.between();
    }
    this.#running = undefined; // synchronous with the last check, so that a later commit starts a new run
  }
}
