import { StringPool } from '../engine/string-pool.ts';
import { Batch } from '../engine/batch.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import type { DecodeProblem, RecordDecoder } from '../sources/decoder.ts';
import { createJsonDecoder } from '../sources/json/decoder.ts';
import type { LocalTopic } from '../sources/log/topic.ts';
import { SourceError } from '../sources/source.ts';
import { PADDING, splitJsonBody, splitLines } from '../sources/split.ts';
import type { Split } from '../sources/split.ts';

/** An event that was not taken, by its position in the request. */
export interface RejectedEvent {
  readonly index: number;
  readonly reason: DecodeProblem['reason'];
  readonly message: string;
  /** The column whose value does not fit. */
  readonly column?: string;
}

/** What became of one request. Accepted events are durable when this is given. */
export interface IngestResult {
  readonly accepted: number;
  readonly rejected: readonly RejectedEvent[];
  /** Fields of accepted events that will be read as NULL; the first hundred. */
  readonly warnings: readonly RejectedEvent[];
  readonly partition: number;
  /** The position of the first accepted event; undefined if there is none. */
  readonly first_offset: number | undefined;
  /** The position after the last accepted event. */
  readonly next_offset: number;
}

/** Media types of a body of events. */
export const INGEST_MEDIA_TYPES = ['application/json', 'application/x-ndjson'] as const;
export type IngestMediaType = (typeof INGEST_MEDIA_TYPES)[number];

/**
 * - `unknown_source`: there is no such source, or none that takes events over HTTP.
 * - `malformed`: the body as a whole cannot be read.
 * - `too_large`: the body has an event, or more events, than a topic takes.
 * - `unavailable`: not now; the client may try again. Nothing was taken.
 */
export type IngestFault = 'unknown_source' | 'malformed' | 'too_large' | 'unavailable';

export class IngestError extends Error {
  readonly fault: IngestFault;
  constructor(fault: IngestFault, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'IngestError';
    this.fault = fault;
  }
}

/** More in one body are refused: a client that sends so many should send several bodies. */
const MAX_EVENTS = 100_000;
const MAX_WARNINGS = 100;
/** Text seen while checking is thrown away beyond this. */
const MAX_POOL_BYTES = 16 << 20;

/**
 * Appends events to the local topics behind sources. Each event is decoded first, as the pipeline will decode it: one
 * that it would refuse is refused here, where the producer can be told.
 */
export class Ingest {
  readonly #targets: ReadonlyMap<string, { readonly topic: LocalTopic; readonly check: EventCheck }>;

  constructor(targets: readonly { readonly source: SourceDef; readonly topic: LocalTopic }[]) {
    this.#targets = new Map(
      targets
        .filter(({ source }) => source.encode === 'json')
        .map(({ source, topic }) => [source.name, { topic, check: new EventCheck(source) }]),
    );
  }

  /** Sources that take events. */
  get sources(): readonly string[] {
    return [...this.#targets.keys()];
  }

  /**
   * With `application/json` the body is one object, an array of them, or several one after the other: a document
   * that is not that is not taken at all. With `application/x-ndjson` it is one object per line, and each line stands
   * for itself. In both, events that the pipeline would refuse are left out and told by index, the others are taken.
   * Resolves once the accepted events are on disk; rejects with IngestError.
   */
  async append(source: string, body: Uint8Array, mediaType: IngestMediaType): Promise<IngestResult> {
    const target = this.#targets.get(source);
    if (target === undefined) {
      throw new IngestError('unknown_source', `there is no source "${source}" that takes events over HTTP`);
    }
    // The decoder reads whole words, also at the very end.
    const bytes = new Uint8Array(body.length + PADDING);
    bytes.set(body);
    const split = splitBody(bytes.subarray(0, body.length), mediaType);
    const { accepted, rejected, warnings } = target.check.check(bytes, split);
    if (accepted.count === 0) {
      const next_offset = target.topic.nextOffset;
      return { accepted: 0, rejected, warnings, partition: 0, first_offset: undefined, next_offset };
    }
    try {
      const { firstOffset, nextOffset } = await target.topic.append({ bytes, ...accepted });
      return {
        accepted: accepted.count,
        rejected,
        warnings,
        partition: 0,
        first_offset: firstOffset,
        next_offset: nextOffset,
      };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      throw new IngestError('unavailable', error.message, { cause: error });
    }
  }
}

function splitBody(body: Uint8Array, mediaType: IngestMediaType): Split {
  if (mediaType === 'application/x-ndjson') {
    const split = splitLines(body, { from: 0, to: body.length, maxRecords: MAX_EVENTS + 1, final: true });
    if (split.count > MAX_EVENTS)
      throw new IngestError('too_large', `more than ${MAX_EVENTS} events in one body`);
    if (split.count === 0) throw new IngestError('malformed', 'the body is empty');
    return split;
  }
  const split = splitJsonBody(body, { maxRecords: MAX_EVENTS });
  if ('count' in split) return split;
  const fault = split.reason === 'too_large' ? 'too_large' : 'malformed';
  throw new IngestError(fault, `${split.message} (at byte ${split.at})`);
}

/** Decodes events into rows that nobody reads, with all columns, to see which ones a pipeline would refuse. */
class EventCheck {
  readonly #source: SourceDef;
  #pool = new StringPool();
  #decoder: RecordDecoder;
  #batch: Batch;

  constructor(source: SourceDef) {
    this.#source = source;
    this.#decoder = this.#newDecoder();
    this.#batch = this.#newBatch();
  }

  check(
    bytes: Uint8Array,
    split: Split,
  ): {
    accepted: Pick<Split, 'starts' | 'ends' | 'count'>;
    rejected: RejectedEvent[];
    warnings: RejectedEvent[];
  } {
    if (this.#pool.bytesUsed > MAX_POOL_BYTES) {
      this.#pool = new StringPool();
      this.#decoder = this.#newDecoder();
      this.#batch = this.#newBatch();
    }
    const rejected: RejectedEvent[] = [];
    const warnings: RejectedEvent[] = [];
    const records = {
      partition: 0,
      bytes,
      ...split,
      offsets: Float64Array.from({ length: split.count }, (_, i) => i),
      nextOffset: split.count,
    };
    for (let from = 0; from < split.count;) {
      this.#batch.n = 0;
      from = this.#decoder.decode(
        records,
        from,
        this.#batch,
        ({ reason, message, column, refused }, index) => {
          const event = { index, reason, message, ...(column === undefined ? {} : { column }) };
          if (refused) rejected.push(event);
          else if (warnings.length < MAX_WARNINGS) warnings.push(event);
        },
      );
    }
    if (rejected.length === 0) return { accepted: split, rejected, warnings };
    const bad = new Set(rejected.map(({ index }) => index));
    const kept = Array.from({ length: split.count }, (_, i) => i).filter((i) => !bad.has(i));
    const starts = Int32Array.from(kept, (i) => split.starts[i]!);
    const ends = Int32Array.from(kept, (i) => split.ends[i]!);
    return { accepted: { starts, ends, count: kept.length }, rejected, warnings };
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
