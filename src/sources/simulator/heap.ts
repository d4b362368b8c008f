/** A priority queue of 32-bit integers by time. Items with equal times are popped in the order of their pushes. */
export class TimeHeap {
  #times = new Float64Array(256);
  #orders = new Float64Array(256);
  #items = new Int32Array(256);
  #size = 0;
  #pushed = 0;

  get size(): number {
    return this.#size;
  }
  /** The earliest time; Infinity if the heap is empty. */
  get time(): number {
    return this.#size === 0 ? Infinity : this.#times[0]!;
  }

  push(time: number, item: number): void {
    if (this.#size === this.#times.length) this.#grow();
    this.#place(this.#up(this.#size++, time), time, this.#pushed++, item);
  }

  /** Removes the earliest item and returns it. The heap must not be empty. */
  pop(): number {
    const item = this.#items[0]!;
    const last = --this.#size;
    if (last > 0) {
      const [time, order, moved] = [this.#times[last]!, this.#orders[last]!, this.#items[last]!];
      this.#place(this.#down(time, order), time, order, moved);
    }
    return item;
  }

  #place(at: number, time: number, order: number, item: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#items[at] = item;
  }

  /** Moves parents with a later time down and returns the free place. A pushed item comes after items of equal time. */
  #up(from: number, time: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#place(at, this.#times[parent]!, this.#orders[parent]!, this.#items[parent]!);
      at = parent;
    }
    return at;
  }

  #down(time: number, order: number): number {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) return at;
      if (child + 1 < this.#size && this.#before(child + 1, this.#times[child]!, this.#orders[child]!))
        child++;
      if (!this.#before(child, time, order)) return at;
      this.#place(at, this.#times[child]!, this.#orders[child]!, this.#items[child]!);
      at = child;
    }
  }

  #before(i: number, time: number, order: number): boolean {
    return this.#times[i]! < time || (this.#times[i] === time && this.#orders[i]! < order);
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    const [times, orders, items] = [
      new Float64Array(capacity),
      new Float64Array(capacity),
      new Int32Array(capacity),
    ];
    times.set(this.#times);
    orders.set(this.#orders);
    items.set(this.#items);
    this.#times = times;
    this.#orders = orders;
    this.#items = items;
  }
}
