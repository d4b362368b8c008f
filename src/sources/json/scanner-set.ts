import { compileScanner, type Scanner, type ScannerOptions } from './scanner.ts';
import type { Misspelt } from '../misspelt.ts';
import type { Shape } from './shape.ts';

/** Scanners kept at a time: every record of a new shape is offered to each of them. */
const MAX_SCANNERS = 8;
/** Shapes counted at a time while they wait for a scanner. */
const MAX_CANDIDATES = 256;
/** Once all places are taken, a shape must be seen this often before it replaces another, doubling per 8 compiled. */
const REPLACE_AFTER = 32;

interface Entry {
  readonly hash: number;
  readonly scan: Scanner;
  /** What every record of the shape misspells. */
  readonly misspelt: readonly Misspelt[] | undefined;
  /** Records taken; halved at every replacement, so that a shape that went out of use loses its place. */
  hits: number;
}

/**
 * The scanners of one decoder: learns the shapes that producers really send. A new shape gets a scanner at once
 * while there is room, later when it is seen often enough, so that random key orders cost no endless compiling.
 */
export class ScannerSet {
  readonly entries: Entry[] = [];
  readonly #options: ScannerOptions;
  readonly #candidates = new Map<number, number>();
  #compiled = 0;
  #forbidden = false;

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  /** A record of this shape was read the exact way. */
  observe(hash: number, misspelt: Entry['misspelt'], shape: () => Shape): void {
    if (hash === 0 || this.#forbidden || this.entries.some((entry) => entry.hash === hash)) return;
    if (this.entries.length < MAX_SCANNERS) {
      this.#add(hash, misspelt, shape());
      return;
    }
    const seen = (this.#candidates.get(hash) ?? 0) + 1;
    if (seen >= REPLACE_AFTER * 2 ** Math.min(20, this.#compiled >> 3)) {
      let least = this.entries[0]!;
      for (const entry of this.entries) if (entry.hits < least.hits) least = entry;
      this.entries.splice(this.entries.indexOf(least), 1);
      for (const entry of this.entries) entry.hits = Math.floor(entry.hits / 2);
      this.#candidates.delete(hash);
      this.#add(hash, misspelt, shape());
      return;
    }
    if (seen === 1 && this.#candidates.size >= MAX_CANDIDATES) this.#candidates.clear();
    this.#candidates.set(hash, seen);
  }

  #add(hash: number, misspelt: Entry['misspelt'], shape: Shape): void {
    try {
      this.entries.push({ hash, misspelt, scan: compileScanner(shape, this.#options), hits: 0 });
      this.#compiled++;
    } catch (error) {
      // A platform that forbids generated code (--disallow-code-generation-from-strings): the exact path does it all.
      if (!(error instanceof EvalError)) throw error;
      this.#forbidden = true;
    }
  }
}
