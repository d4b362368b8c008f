/** A first-in, first-out queue of int32 slots, in a ring that grows. */
export class SlotQueue {
  #ring = new Int32Array(64);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(slot: number): void {
    this.#reserve();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = slot;
    this.#length++;
  }

  /** Puts a slot in front of all others. */
  unshift(slot: number): void {
    this.#reserve();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = slot;
    this.#length++;
  }

  /** Removes and returns the first slot; undefined if the queue is empty. */
  shift(): number | undefined {
    if (this.#length === 0) return undefined;
    const slot = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return slot;
  }

  #reserve(): void {
    const old = this.#ring;
    if (this.#length < old.length) return;
    const grown = new Int32Array(old.length * 2);
    for (let i = 0; i < this.#length; i++) grown[i] = old[(this.#head + i) & (old.length - 1)]!;
    this.#ring = grown;
    this.#head = 0;
  }
}
