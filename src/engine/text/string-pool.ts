import type { StateReader, StateWriter } from '../contract.ts';
import { TextCache } from './text-cache.ts';
import { hashBytes } from './text-hash.ts';
import { type TextHolder, TextMarks } from './text-marks.ts';
import { TextTable } from './text-table.ts';

/** A sweep is worth its time once at least this many bytes of text were added. */
const SWEEP_BYTES = 16 << 20;
const SCRATCH_BYTES = 4096;

/** A text of the plan, for generated code. `id` stays that of the text over sweeps, and is updated by `load`. */
export interface TextLiteral {
  readonly text: string;
  readonly id: number;
}

/**
 * Maps text to dense int32 ids, shared by all columns of one engine. Equal ids mean equal text, so the kernel compares,
 * groups and joins text as integers.
 *
 * An id stands for its text until a {@link sweep} finds that nobody holds it; then it may be given to another text.
 * Texts are stored as UTF-8; the JavaScript string of an id is made on request.
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

  /** `chunkBytes` is the size of the arena's chunks, for tests. */
  constructor(capacity = 1 << 12, chunkBytes?: number) {
    this.#table = new TextTable(capacity, chunkBytes);
  }

  /** Number of texts held. */
  get size(): number {
    return this.#table.size;
  }
  /** Bytes allocated. */
  get bytesUsed(): number {
    return this.#table.bytes + this.#cache.bytes;
  }
  /** Number of sweeps so far. What a caller remembers by id is valid while it stays the same. */
  get sweeps(): number {
    return this.#sweeps;
  }

  /**
   * Returns the id of the UTF-8 text `src[start, end)`, or -1 if the bytes are not valid UTF-8. `hash` must be their
   * {@link hashBytes}, which scanners compute as they read. Throws TextPoolFullError.
   */
  internBytes(src: Uint8Array, start: number, end: number, hash: number): number {
    return this.#table.intern(src, start, end, hash);
  }

  /** Returns the id of a text, which is added if it is missing. Throws TextPoolFullError. */
  intern(text: string): number {
    const bytes = this.#encode(text);
    return this.#table.intern(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** Returns the id of a text, or -1 if the pool lacks it. Adds nothing to the pool. */
  find(text: string): number {
    const bytes = this.#encode(text);
    return this.#table.find(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** Returns the text as UTF-8, valid until the next call. */
  #encode(text: string): Uint8Array {
    if (text.length * 3 > SCRATCH_BYTES) return this.#encoder.encode(text);
    return this.#scratch.subarray(0, this.#encoder.encodeInto(text, this.#scratch).written);
  }

  /** Returns the text of an id. Throws RangeError for an id that stands for no text. */
  get(id: number): string {
    let text = this.#cache.get(id);
    if (text === undefined) {
      if (!this.#table.has(id)) throw new RangeError(`no text with id ${id}`);
      text = this.#table.bytesOf(id).toString('utf8');
      this.#cache.set(id, text);
    }
    return text;
  }

  /** Returns a text that stays in the pool, for code that refers to it by id. */
  literal(text: string): TextLiteral {
    let literal = this.#literals.get(text);
    if (literal === undefined) {
      literal = { text, id: this.intern(text) };
      this.#literals.set(text, literal);
    }
    return literal;
  }

  /** Registers a holder, which each later sweep asks to mark its texts. */
  addHolder(holder: TextHolder): void {
    this.#holders.add(holder);
  }

  /** Whether at least as much text was added since the last sweep as it left, and enough to be worth a sweep's time. */
  get wantsSweep(): boolean {
    return this.#table.textBytes >= this.#sweepAt_bytes;
  }

  /**
   * Frees the texts that neither `markState` nor a holder marks and that are not literals; returns how many. Takes time
   * in proportion to all texts. Throws, and frees nothing, if a marked id stands for no text.
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
   * Replaces all texts by those of a snapshot, under their ids in the snapshot. Literals keep their text and get its
   * new id; all other ids given before are void. Throws for damaged blocks.
   */
  load(from: StateReader): void {
    this.#table = TextTable.restored(from);
    this.#cache.clear();
    for (const literal of this.#literals.values()) literal.id = this.intern(literal.text);
  }
}
