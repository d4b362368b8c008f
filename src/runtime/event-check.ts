import { setImmediate as nextTurn } from 'node:timers/promises';
import { Batch } from '../engine/batch.ts';
import { StringPool } from '../engine/text/string-pool.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import type { DecodeProblem, RecordDecoder } from '../sources/decoder.ts';
import { createJsonDecoder } from '../sources/json/decoder.ts';
import type { Split } from '../sources/split.ts';
import type { RecordBatch } from '../sources/source.ts';

/** What is wrong with an event, by its position in the request. */
export interface EventFault {
  readonly index: number;
  readonly reason: DecodeProblem['reason'];
  readonly message: string;
  /** The column whose value does not fit, or is missing. */
  readonly column?: string;
  /** Of `misspelt`: the field that is probably meant for the column. */
  readonly field?: string;
}

export interface CheckedEvents {
  readonly accepted: Pick<Split, 'starts' | 'ends' | 'count'>;
  /** Events that the pipeline would refuse; the first hundred. */
  readonly rejected: readonly EventFault[];
  /** How many they are. */
  readonly rejected_count: number;
  /** Fields of accepted events that will be read as NULL, and once each those misspelt; the first hundred. */
  readonly warnings: readonly EventFault[];
}

/** Faults that are told of one body. Beyond that a producer has one fault many times. */
const MAX_FAULTS = 100;
/** Text seen while checking is thrown away beyond this. */
const MAX_POOL_BYTES = 16 << 20;
/** A turn ends after so long, asked for between portions that take less, also where every event has a fault. */
const TURN_MS = 5;
const PORTION_EVENTS = 64;
const PORTION_BYTES = 32 << 10;

/** Lets bodies take turns of the event loop, so that what else it has to do waits for one, not for all. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when it is the caller's turn. */
  next(): Promise<unknown> {
    this.#last = this.#last.then(() => nextTurn());
    return this.#last;
  }
}

/** Decodes events with all columns, and drops the rows, to find the events that a pipeline would refuse. */
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

  /** Several bodies may be checked at once: they take turns. */
  async check(bytes: Uint8Array, split: Split): Promise<CheckedEvents> {
    const rejected: EventFault[] = [];
    const warnings: EventFault[] = [];
    const isRefused = new Uint8Array(split.count);
    let rejected_count = 0;
    const batch: RecordBatch = {
      ...split,
      bytes,
      // As the topic will have them.
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
      const told = refused ? rejected : warnings;
      if (told.length < MAX_FAULTS)
        told.push({
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
  /** What the source knows about a record, and what the engine computes, is not the producer's to get wrong. */
  #payload(): readonly boolean[] {
    return this.#source.columns.map(
      ({ include, generated }) => include === undefined && generated === undefined,
    );
  }
}

/** The event before which a portion that begins with `from` ends. */
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
