import type { StateReader, StateWriter } from '../contract.ts';
import { TextCache } from './text-cache.ts';
import { hashBytes } from './text-hash.ts';
import { type TextHolder, TextMarks } from './text-marks.ts';
import { TextTable } from './text-table.ts';

/** A sweep is worth its time once so many bytes of text came. */
const SWEEP_BYTES = 16 << 20;
const SCRATCH_BYTES = 4096;

/** A text of the plan, for generated code: `id` is that of the text, whatever is swept or loaded. */
export interface TextLiteral {
  readonly text: string;
  readonly id: number;
}

/**
 * Text to dense int32 ids, shared by all columns of one engine: equal id means equal text, so the kernel
 * compares, groups and joins text as integers.
 *
 * An id stands for its text until a {@link sweep} finds that nobody holds it; then it may come to stand for another
 * one. Bytes are UTF-8; the JS string of an id is made when it is asked for.
 */
export class StringPool {
  #table: TextTable;
  readonly #cache = new TextCache();
  readonly #literals = new Map<string, { readonly text: string; id: number }>();
  readonly #holders = new Set<TextHolder>();
  readonly #encoder = new TextEncoder();
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  #sweeps = 0;
  #sweepAt_bytes = SWEEP_BYTES;

  /** `chunkBytes`: of the arena's chunks, for tests. */
  constructor(capacity = 1 << 12, chunkBytes?: number) {
    this.#table = new TextTable(capacity, chunkBytes);
  }

  /** Texts that it holds. */
  get size(): number {
    return this.#table.size;
  }
  /** Bytes allocated. */
  get bytesUsed(): number {
    return this.#table.bytes + this.#cache.bytes;
  }
  /** How often ids were taken back: what is remembered by id holds while this stays the same. */
  get sweeps(): number {
    return this.#sweeps;
  }

  /**
   * The id of `src[start, end)`, which must be UTF-8; `hash` must be {@link hashBytes} of it (a scanner
   * computes it as it goes). Returns -1 if the bytes are not valid UTF-8. Throws TextPoolFullError.
   */
  internBytes(src: Uint8Array, start: number, end: number, hash: number): number {
    return this.#table.intern(src, start, end, hash);
  }

  intern(text: string): number {
    const bytes = this.#encode(text);
    return this.#table.intern(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** The id of a text that the pool has, or -1. Adds nothing to the pool. */
  find(text: string): number {
    const bytes = this.#encode(text);
    return this.#table.find(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** UTF-8, valid until the next call. */
  #encode(text: string): Uint8Array {
    if (text.length * 3 > SCRATCH_BYTES) return this.#encoder.encode(text);
    return this.#scratch.subarray(0, this.#encoder.encodeInto(text, this.#scratch).written);
  }

  /** The text of an id that this pool gave out. */
  get(id: number): string {
    let text = this.#cache.get(id);
    if (text === undefined) {
      if (!this.#table.has(id)) throw new RangeError(`no string with id ${id}`);
      text = this.#table.bytesOf(id).toString('utf8');
      this.#cache.set(id, text);
    }
    return text;
  }

  /** A text that stays in the pool: for code that refers to it by number. */
  literal(text: string): TextLiteral {
    let literal = this.#literals.get(text);
    if (literal === undefined) {
      literal = { text, id: this.intern(text) };
      this.#literals.set(text, literal);
    }
    return literal;
  }

  /** `holder` marks what it holds at each sweep from now on. */
  addHolder(holder: TextHolder): void {
    this.#holders.add(holder);
  }

  /** As much text came as the last sweep left, and enough to be worth a sweep's time. */
  get wantsSweep(): boolean {
    return this.#table.textBytes >= this.#sweepAt_bytes;
  }

  /**
   * Takes back the texts that nobody holds: neither what `markState` marks, nor a holder, nor a literal. Returns how
   * many. The time goes with what is held. Throws, and takes back nothing, when an id is held that stands for no text.
   */
  sweep(markState: (marks: TextMarks) => void): number {
    const marks = new TextMarks(this.#table);
    markState(marks);
    for (const holder of this.#holders) holder.markTexts(marks);
    for (const { id } of this.#literals.values()) marks.mark(id);
    const texts = this.#table.keepOnly((id) => marks.isHeld(id));
    this.#cache.clear();
    this.#sweeps++;
    this.#sweepAt_bytes = this.#table.textBytes + Math.max(SWEEP_BYTES, this.#table.textBytes);
    return texts;
  }

  save(to: StateWriter): void {
    this.#table.save(to);
  }

  /**
   * Replaces all texts by those of a snapshot, under the ids that they had. Literals keep their text and get the id
   * that it has there; other ids that were given before are void. Throws for a snapshot of something else.
   */
  load(from: StateReader): void {
    this.#table = TextTable.restored(from);
    this.#cache.clear();
    for (const literal of this.#literals.values()) literal.id = this.intern(literal.text);
  }
}
