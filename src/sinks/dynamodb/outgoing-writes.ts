import type { ItemError } from './item-error.ts';
import type { PendingRows } from './pending-rows.ts';
import { SENT } from './pending-rows.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { SentWrite } from './sent-write.ts';
import { SlotQueue } from './slot-queue.ts';

/** DynamoDB accepts 16 MB in a request. Each character is counted as three bytes, its maximum. */
const MAX_REQUEST_CHARS = (16 * 1024 * 1024 - 65_536) / 3;

export interface OutgoingDeps {
  readonly rows: PendingRows;
  readonly encoder: Pick<RowEncoder, 'encode'>;
  /** Called for a slot that is encoded, with what cannot be written and the number of its writes. */
  onEncoded(slot: number, errors: readonly ItemError[], writes: number): void;
}

/** The rows that wait to be sent, and the requests that they become. A row is encoded when its turn comes. */
export class OutgoingWrites {
  readonly #deps: OutgoingDeps;
  readonly #ready = new SlotQueue();
  /** Writes of rows that did not fit into the last request. The next one to send is the last. */
  readonly #encoded: SentWrite[] = [];
  /** Halves of requests that DynamoDB refused. They are sent unchanged. */
  readonly #halves: (readonly SentWrite[])[] = [];

  constructor(deps: OutgoingDeps) {
    this.#deps = deps;
  }

  /** Takes a slot in state QUEUED, behind all others. */
  push(slot: number): void {
    this.#ready.push(slot);
  }

  /** Takes slots in state QUEUED, before all others. */
  pushFirst(slots: readonly number[]): void {
    for (const slot of slots) this.#ready.unshift(slot);
  }

  /** Takes back a request of several writes that DynamoDB refused, to be sent in two halves. */
  halve(writes: readonly SentWrite[]): void {
    const middle = writes.length >> 1;
    this.#halves.push(writes.slice(middle), writes.slice(0, middle));
  }

  /** Returns the writes of the next request, at most `max`; none if nothing waits. */
  next(max: number): readonly SentWrite[] {
    const half = this.#halves.pop();
    if (half !== undefined) return half;
    const writes: SentWrite[] = [];
    let chars = 0;
    while (writes.length < max) {
      const write = this.#nextWrite();
      if (write === undefined) break;
      if (writes.length > 0 && chars + write.text.length > MAX_REQUEST_CHARS) {
        this.#encoded.push(write);
        break;
      }
      chars += write.text.length;
      writes.push(write);
    }
    return writes;
  }

  #nextWrite(): SentWrite | undefined {
    const { rows, encoder, onEncoded } = this.#deps;
    for (;;) {
      const write = this.#encoded.pop();
      if (write !== undefined) return write;
      const slot = this.#ready.shift();
      if (slot === undefined) return undefined;
      rows.state[slot] = SENT;
      const errors = encoder.encode(slot, this.#encoded);
      onEncoded(slot, errors, this.#encoded.length);
    }
  }
}
