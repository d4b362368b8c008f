import type { SourceDef } from '../plan/pipeline.ts';
import type { LocalTopic } from '../sources/log/topic.ts';
import { SourceError } from '../sources/source.ts';
import { afterByteOrderMark, PADDING, splitJsonBody, splitLines } from '../sources/split.ts';
import type { Split } from '../sources/split.ts';
import { EventCheck, Turns, type EventFault } from './event-check.ts';
import { FreshetError } from '../values/freshet-error.ts';

/** What became of one request. Accepted events are durable when this is given. */
export interface IngestResult {
  readonly accepted: number;
  /** Events that were not taken; the first hundred. */
  readonly rejected: readonly EventFault[];
  /** How many they are. */
  readonly rejected_count: number;
  /** Fields of accepted events that will be read as NULL, and once each those misspelt; the first hundred. */
  readonly warnings: readonly EventFault[];
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

export class IngestError extends FreshetError<IngestFault> {}

/** A body with more events is refused; the client should send several. */
const MAX_EVENTS = 100_000;

/**
 * Appends events to the local topics behind sources. Each event is decoded first, as the pipeline will decode it: one
 * that it would refuse is refused here, where the producer can be told.
 */
export class Ingest {
  readonly #targets: ReadonlyMap<string, { readonly topic: LocalTopic; readonly check: EventCheck }>;

  constructor(targets: readonly { readonly source: SourceDef; readonly topic: LocalTopic }[]) {
    const turns = new Turns();
    this.#targets = new Map(
      targets
        .filter(({ source }) => source.encode === 'json')
        .map(({ source, topic }) => [source.name, { topic, check: new EventCheck(source, turns) }]),
    );
  }

  /** Sources that take events. */
  get sources(): readonly string[] {
    return [...this.#targets.keys()];
  }

  /**
   * With `application/json` the body is one object, an array of them, or several one after the other; any other
   * document is refused as a whole. With `application/x-ndjson` it is one object per line, and a bad line is refused
   * alone. Events that the pipeline would refuse are left out and named by index; the others are taken.
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
    const { accepted, ...faults } = await target.check.check(bytes, split);
    if (accepted.count === 0) {
      const next_offset = target.topic.nextOffset;
      return { accepted: 0, ...faults, partition: 0, first_offset: undefined, next_offset };
    }
    try {
      const { firstOffset, nextOffset } = await target.topic.append({ bytes, ...accepted });
      return {
        accepted: accepted.count,
        ...faults,
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
    const split = splitLines(body, {
      from: afterByteOrderMark(body),
      to: body.length,
      maxRecords: MAX_EVENTS + 1,
      final: true,
    });
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
