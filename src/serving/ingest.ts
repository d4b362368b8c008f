/** An event that was not taken, by its position in the request. */
export interface RejectedEvent {
  readonly index: number;
  readonly reason: string;
  readonly message: string;
}

/** What became of one request. Accepted events are durable when this is given. */
export interface IngestResult {
  readonly accepted: number;
  readonly rejected: readonly RejectedEvent[];
  readonly partition: number;
  /** The position of the first accepted event; undefined if there is none. */
  readonly first_offset: number | undefined;
  /** The position after the last accepted event. */
  readonly next_offset: number;
}

/** Media types of POST /v1/sources/{source}/events. */
export const EVENT_MEDIA_TYPES = ['application/json', 'application/x-ndjson'] as const;
export type EventMediaType = (typeof EVENT_MEDIA_TYPES)[number];

/**
 * Appends the events of a body to a source's topic: with `application/json` one object or an array of them, with
 * `application/x-ndjson` one per line. Rejects with IngestError when nothing can be taken.
 */
export type Ingest = (source: string, body: Uint8Array, contentType: EventMediaType) => Promise<IngestResult>;

/**
 * - `unknown_source`: there is no such source, or none that takes events over HTTP.
 * - `malformed`: the body as a whole cannot be read.
 * - `too_large`: an event is larger than a topic takes.
 * - `unavailable`: not now; the client may try again. Nothing was taken.
 */
export type IngestFault = 'unknown_source' | 'malformed' | 'too_large' | 'unavailable';

export class IngestError extends Error {
  readonly fault: IngestFault;
  /** The event that is at fault. */
  readonly index: number | undefined;
  constructor(fault: IngestFault, message: string, options: { index?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'IngestError';
    this.fault = fault;
    this.index = options.index;
  }
}
