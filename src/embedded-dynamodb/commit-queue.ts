import type { Change } from './durable/change.ts';

export interface CommitSteps {
  /** Resolves when the changes would survive a power cut. */
  append(changes: readonly Change[]): Promise<void>;
  /** Makes durable changes visible. Does not throw. */
  apply(changes: readonly Change[]): void;
  /** Nothing of what waited is or will be durable. */
  undo(): void;
  /** Between two appends. */
  between(): Promise<void>;
}

interface Waiting {
  readonly changes: readonly Change[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Brings changes to disk in the order in which they were accepted, all that wait at a time in one append. When an
 * append fails, all that waits fails with it: it was decided on changes that are not there.
 */
export class CommitQueue {
  readonly #steps: CommitSteps;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(steps: CommitSteps) {
    this.#steps = steps;
  }

  /** Resolves when these changes, and all before them, are durable and visible. */
  commit(changes: readonly Change[]): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ changes, resolve, reject }));
    this.#running ??= this.#run();
    return done;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what is accepted in this turn goes along
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
    this.#running = undefined; // in the turn that found nothing waiting: what comes next starts a run of its own
  }
}
