import type { DecodeProblem } from '../sources/decoder.ts';
import type { LostSource } from '../storage/manifest.ts';
import type { RecordBatch } from '../sources/source.ts';

/** `lost`: the source has lost its position and waits for an operator's decision. */
export type SourceState = 'opening' | 'running' | 'retrying' | 'lost' | 'ended' | 'closed';

export interface PumpEvents {
  /** A batch is ready, or the state has changed. */
  wake(): void;
  problem(source: string, problem: DecodeProblem, records: RecordBatch, record: number): void;
  /** The source failed and will be reopened in `retry_ms`. */
  failed(source: string, error: unknown, retry_ms: number): void;
  recovered(source: string): void;
  /** The source lost its position. It continues without the missing records if `continues`, else it waits. */
  lost(source: string, lost: LostSource, continues: boolean): void;
  /** Notifying the source of a checkpoint failed. */
  untold(source: string, error: unknown): void;
}

/** The result of one `take`. */
export interface Taken {
  readonly records: number;
  readonly rows: number;
  readonly bytes: number;
  /** Earliest log timestamp of the records; undefined if they have none. */
  readonly earliest_us: number | undefined;
}
