import type { Ending } from './layout.ts';

/** One write of a row, encoded to be sent. */
export interface SentWrite {
  readonly slot: number;
  /** The part of the row that it writes; 0 if a row is one write. */
  readonly part: number;
  readonly kind: 'put' | Ending;
  /** The write as wire text: a WriteRequest of a batch, or the request of UpdateItem. */
  readonly text: string;
}
