import { compileScanner, type Scanner, type ScannerOptions } from './scanner.ts';
import type { Misspelt } from '../misspelt.ts';
import type { Shape } from './shape.ts';

/** Scanners kept at a time. Every record of another shape is offered to each of them. */
const MAX_SCANNERS = 8;
/** Shapes without a scanner whose records are counted at a time. */
const MAX_CANDIDATES = 256;
/** Records of a shape before it replaces another once all places are taken; doubles with every 8 scanners compiled. */
const REPLACE_AFTER = 32;

interface Entry {
  readonly hash: number;
  readonly scan: Scanner;
  /** Misspelt fields of every record of the shape. */
  readonly misspelt: readonly Misspelt[] | undefined;
  /** Records scanned; halved at every replacement, so that a shape that went out of use loses its place. */
  hits: number;
}

/**
 * The scanners of one decoder, one for each shape that producers send. While there is room, a new shape gets a scanner
 * at once; after that it must be seen often enough, so that random key orders do not cause endless compiling.
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

  /** Counts a record of this shape that took the exact path, and compiles a scanner if the shape is worth it. */
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
      // The platform forbids generated code (--disallow-code-generation-from-strings): all records take the exact path.
      if (!(error instanceof EvalError)) throw error;
      this.#forbidden = true;
    }
  }
}
