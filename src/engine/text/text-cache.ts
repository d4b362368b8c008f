const FIRST_SLOTS = 1 << 8;
const MAX_SLOTS = 1 << 16;
const NONE = -1;

/**
 * A cache of the JavaScript strings of recently read texts: at most 65,536, so that a scan of many rows leaves little
 * behind. A text's place is its id modulo the size; the last id set there replaces the one before.
 */
export class TextCache {
  #ids = new Int32Array(FIRST_SLOTS).fill(NONE);
  #texts: string[] = Array.from({ length: FIRST_SLOTS }, () => '');
  #mask = FIRST_SLOTS - 1;
  #misses = 0;

  get(id: number): string | undefined {
    const at = id & this.#mask;
    if (this.#ids[at] === id) return this.#texts[at];
    return undefined;
  }

  set(id: number, text: string): void {
    if (this.#misses++ > this.#mask && this.#mask + 1 < MAX_SLOTS) this.#resize((this.#mask + 1) * 4);
    const at = id & this.#mask;
    this.#ids[at] = id;
    this.#texts[at] = text;
  }

  #resize(slots: number): void {
    const [ids, texts] = [this.#ids, this.#texts];
    this.#ids = new Int32Array(slots).fill(NONE);
    this.#texts = Array.from({ length: slots }, () => '');
    this.#mask = slots - 1;
    this.#misses = 0;
    ids.forEach((id, i) => {
      if (id === NONE) return;
      this.#ids[id & this.#mask] = id;
      this.#texts[id & this.#mask] = texts[i]!;
    });
  }

  clear(): void {
    this.#ids.fill(NONE);
    this.#texts.fill('');
  }

  /** Bytes of the table, with references to the strings but without their characters. */
  get bytes(): number {
    return this.#ids.byteLength + this.#texts.length * 8;
  }
}
