import { setImmediate as nextTurn } from 'node:timers/promises';
import { Batch } from '../engine/batch.ts';
import { StringPool } from '../engine/text/string-pool.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import type { DecodeProblem, RecordDecoder } from '../sources/decoder.ts';
import { createJsonDecoder } from '../sources/json/decoder.ts';
import type { Split } from '../sources/split.ts';
import type { RecordBatch } from '../sources/source.ts';

/** A fault of an event; `index` is the event's index in the request, from 0. */
export interface EventFault {
  readonly index: number;
  readonly reason: DecodeProblem['reason'];
  readonly message: string;
  /** Column whose value is missing or does not fit. */
  readonly column?: string;
  /** For the reason `misspelt`: the field that is probably meant for `column`. */
  readonly field?: string;
}

export interface CheckedEvents {
  readonly accepted: Pick<Split, 'starts' | 'ends' | 'count'>;
  /** Faults of events that the pipeline would refuse, the first 100. */
  readonly rejected: readonly EventFault[];
  /** Number of refused events. */
  readonly rejected_count: number;
  /** Values of accepted events that will be read as NULL, and each misspelt field once; the first 100. */
  readonly warnings: readonly EventFault[];
}

/** Maximum faults listed per body; with more, a producer repeats the same fault. */
const MAX_FAULTS = 100;
/** Size at which the pool of texts from checked events is discarded. */
const MAX_POOL_BYTES = 16 << 20;
/** Length of a turn, checked between portions, which are shorter even if every event has a fault. */
const TURN_MS = 5;
const PORTION_EVENTS = 64;
const PORTION_BYTES = 32 << 10;

/** Lets bodies take turns in the event loop, so that other work waits for one body's turn instead of all of them. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves at the start of the caller's turn. */
  next(): Promise<unknown> {
    this.#last = this.#last.then(() => nextTurn());
    return this.#last;
  }
}

/** Finds the events that a pipeline would refuse, by decoding them with all columns and discarding the rows. */
export class EventCheck {
  readonly #source: SourceDef;
  readonly #turns: Turns;
  #pool = new StringPool();
  #decoder: RecordDecoder;
  #batch: Batch;

  constructor(source: SourceDef, turns: Turns) {
    this.#source = source;
    this.#turns = turns;
    this.#decoder = this.#newDecoder();
    this.#batch = this.#newBatch();
  }

  /** Checks the events of a body. Concurrent calls take turns. */
  async check(bytes: Uint8Array, split: Split): Promise<CheckedEvents> {
    const rejected: EventFault[] = [];
    const warnings: EventFault[] = [];
    const isRefused = new Uint8Array(split.count);
    let rejected_count = 0;
    const batch: RecordBatch = {
      ...split,
      bytes,
      // As in the local topic.
      split: '0',
      offsetOf: String,
      timestamps_us: new Float64Array(split.count).fill(Date.now() * 1000),
      nextOffset: String(split.count),
      advance: split.count,
    };
    const misspelt = new Set<string>();
    const onProblem = (problem: DecodeProblem, index: number): void => {
      const { reason, message, column, field, refused } = problem;
      if (field !== undefined) {
        if (misspelt.has(field)) return;
        misspelt.add(field);
      }
      if (refused) {
        isRefused[index] = 1;
        rejected_count++;
      }
      const faults = refused ? rejected : warnings;
      if (faults.length < MAX_FAULTS)
        faults.push({
          index,
          reason,
          message,
          ...(column === undefined ? {} : { column }),
          ...(field === undefined ? {} : { field }),
        });
    };
    await this.#turns.next();
    let turnEnds_ms = performance.now() + TURN_MS;
    for (let from = 0; from < split.count;) {
      if (performance.now() > turnEnds_ms) {
        await this.#turns.next();
        turnEnds_ms = performance.now() + TURN_MS;
      }
      const count = portionEnd(split, from);
      const records = { ...batch, count };
      this.#forgetText();
      while (from < count) {
        this.#batch.n = 0;
        from = this.#decoder.decode(records, from, this.#batch, onProblem);
      }
    }
    const accepted = rejected_count === 0 ? split : without(split, isRefused, rejected_count);
    return { accepted, rejected, rejected_count, warnings };
  }

  #forgetText(): void {
    if (this.#pool.bytesUsed <= MAX_POOL_BYTES) return;
    this.#pool = new StringPool();
    this.#decoder = this.#newDecoder();
    this.#batch = this.#newBatch();
  }

  #newDecoder(): RecordDecoder {
    return createJsonDecoder(this.#source, this.#payload(), this.#pool);
  }
  #newBatch(): Batch {
    return new Batch(
      this.#source.columns.map(({ type }) => type),
      1024,
      this.#pool,
      this.#payload(),
    );
  }
  /** Selects the columns that the producer fills: neither INCLUDE columns nor generated ones. */
  #payload(): readonly boolean[] {
    return this.#source.columns.map(
      ({ include, generated }) => include === undefined && generated === undefined,
    );
  }
}

/** Returns the index after the last event of the portion that begins with `from`. */
function portionEnd({ starts, count }: Split, from: number): number {
  const last = Math.min(count, from + PORTION_EVENTS);
  let end = from + 1;
  while (end < last && starts[end]! - starts[from]! < PORTION_BYTES) end++;
  return end;
}

function without(split: Split, isRefused: Uint8Array, refused: number): Split {
  const count = split.count - refused;
  const kept = { ...split, starts: new Int32Array(count), ends: new Int32Array(count), count };
  for (let from = 0, to = 0; from < split.count; from++) {
    if (isRefused[from] === 1) continue;
    kept.starts[to] = split.starts[from]!;
    kept.ends[to++] = split.ends[from]!;
  }
  return kept;
}
