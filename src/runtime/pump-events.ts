import type { DecodeProblem } from '../sources/decoder.ts';
import type { LostSource } from '../storage/manifest.ts';
import type { RecordBatch } from '../sources/source.ts';

/** `lost`: its position is gone, and it waits for a person to decide. */
export type SourceState = 'opening' | 'running' | 'retrying' | 'lost' | 'ended' | 'closed';

export interface PumpEvents {
  /** There is something to take, or the state has changed. */
  wake(): void;
  problem(source: string, problem: DecodeProblem, records: RecordBatch, record: number): void;
  /** The source failed and will be opened again in `retry_ms`. */
  failed(source: string, error: unknown, retry_ms: number): void;
  recovered(source: string): void;
  /** The source's position is gone. It waits, or goes on without what is missing. */
  lost(source: string, lost: LostSource, goesOn: boolean): void;
  /** The source could not be told of a checkpoint. */
  untold(source: string, error: unknown): void;
}

/** What one `take` moved. */
export interface Taken {
  readonly records: number;
  readonly rows: number;
  readonly bytes: number;
  /** The earliest log timestamp among the records; undefined if they have none. */
  readonly earliest_us: number | undefined;
}
