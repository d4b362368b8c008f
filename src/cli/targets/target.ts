import type { SimulatedBatch } from '../../sources/simulator/simulator.ts';

/** Receives simulated events. */
export interface EventTarget {
  /** Resolves when the target has accepted the events; the next batch is generated afterwards. */
  send(batch: SimulatedBatch): Promise<void>;
  close(): Promise<void>;
}

/** Returns the batch's first `count` events as whole lines. */
export function linesOf({ bytes, starts, ends, count }: SimulatedBatch): Uint8Array {
  return count === 0 ? new Uint8Array(0) : bytes.subarray(starts[0], ends[count - 1]! + 1);
}
