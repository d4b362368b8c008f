import type { SourceDef } from '../plan/pipeline.ts';
import type { LocalTopic } from '../sources/log/topic.ts';
import { SourceError } from '../sources/source.ts';
import { afterByteOrderMark, PADDING, splitJsonBody, splitLines } from '../sources/split.ts';
import type { Split } from '../sources/split.ts';
import { EventCheck, Turns, type EventFault } from './event-check.ts';
import { FreshetError } from '../values/freshet-error.ts';

/** The result of one request. Its accepted events are durable. */
export interface IngestResult {
  readonly accepted: number;
  /** Faults of rejected events, the first 100. */
  readonly rejected: readonly EventFault[];
  /** Number of rejected events. */
  readonly rejected_count: number;
  /** Values of accepted events that will be read as NULL, and each misspelt field once; the first 100. */
  readonly warnings: readonly EventFault[];
  readonly partition: number;
  /** Offset of the first accepted event; undefined if there is none. */
  readonly first_offset: number | undefined;
  /** Offset after the last accepted event. */
  readonly next_offset: number;
}

/** Accepted media types of a body of events. */
export const INGEST_MEDIA_TYPES = ['application/json', 'application/x-ndjson'] as const;
export type IngestMediaType = (typeof INGEST_MEDIA_TYPES)[number];

/**
 * - `unknown_source`: the source does not exist or does not accept events over HTTP.
 * - `malformed`: the body as a whole cannot be read.
 * - `too_large`: the body has too many events, or an event that is too large for a topic.
 * - `unavailable`: a temporary failure; the client may retry. No event was accepted.
 */
export type IngestFault = 'unknown_source' | 'malformed' | 'too_large' | 'unavailable';

export class IngestError extends FreshetError<IngestFault> {}

/** Maximum events per body. */
const MAX_EVENTS = 100_000;

/**
 * Appends events to the local topics behind sources. Each event is first decoded as the pipeline will decode it, so
 * that an event that the pipeline would refuse is reported to its producer.
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

  /** Names of the sources that accept events. */
  get sources(): readonly string[] {
    return [...this.#targets.keys()];
  }

  /**
   * Appends the events of a body. With `application/json` the body is one object, an array of objects, or a sequence of
   * objects; a body that cannot be parsed is refused as a whole. With `application/x-ndjson` it is one object per line,
   * and a bad line is rejected alone. Events that the pipeline would refuse are rejected by index; the others are
   * accepted. Resolves once the accepted events are durable. Rejects with IngestError.
   */
  async append(source: string, body: Uint8Array, mediaType: IngestMediaType): Promise<IngestResult> {
    const target = this.#targets.get(source);
    if (target === undefined) {
      throw new IngestError('unknown_source', `no source "${source}" accepts events over HTTP`);
    }
    // The decoder reads in words and may read past the end of the body.
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
      throw new IngestError(
        'too_large',
        `the body has more than ${MAX_EVENTS} events; send them in several requests`,
      );
    if (split.count === 0) throw new IngestError('malformed', 'the body is empty');
    return split;
  }
  const split = splitJsonBody(body, { maxRecords: MAX_EVENTS });
  if ('count' in split) return split;
  const fault = split.reason === 'too_large' ? 'too_large' : 'malformed';
  throw new IngestError(fault, `${split.message} (at byte ${split.at})`);
}
