import { civilFromDays, DAY_US } from '../../values/civil.ts';
import { PADDING } from '../split.ts';
import { GENRES } from './catalogue.ts';

const encoder = new TextEncoder();
const bytesOf = (text: string): Uint8Array => encoder.encode(text);

const EVENT_ID = bytesOf('{"event_id":"evt_');
const VIEWER_ID = bytesOf('","viewer_id":');
const CONTENT_ID = bytesOf(',"content_id":"');
const GENRE = bytesOf('","genre":"');
const DURATION = bytesOf('","watch_duration_sec":');
const COMPLETION = bytesOf(',"completion_pct":');
const WATCHED_AT = bytesOf(',"watched_at":"');
const EVENT_TYPE = bytesOf('","event_type":"');
const EVENT_TS = bytesOf('","event_ts":"');
const END = bytesOf('"}');
const GENRE_NAMES = GENRES.map(bytesOf);
export const EVENT_TYPES = ['like', 'share', 'search', 'comment', 'follow'] as const;
const TYPE_NAMES = EVENT_TYPES.map(bytesOf);
const HEX = bytesOf('0123456789abcdef');
const LINE_FEED = 10;
/** Upper bound of an event's length, line feed included. */
const MAX_EVENT_BYTES = 320;

/** Writes events of one source as NDJSON bytes, without an object or a string per event. */
export class EventWriter {
  #bytes: Uint8Array;
  #at = 0;
  #starts = new Int32Array(64);
  #ends = new Int32Array(64);
  #count = 0;
  #day = NaN;
  #date: Uint8Array = new Uint8Array(0);

  constructor() {
    this.#bytes = new Uint8Array(1 << 14);
  }

  /** Number of events written since the last `take`. */
  get count(): number {
    return this.#count;
  }

  /** Begins an event. Its id is a version 4 UUID made of four random 32-bit integers. */
  begin(a: number, b: number, c: number, d: number): void {
    this.#open();
    this.#put(EVENT_ID);
    this.#hex(a, 8);
    this.#byte(45);
    this.#hex(b >>> 16, 4);
    this.#byte(45);
    this.#hex((b & 0xfff) | 0x4000, 4);
    this.#byte(45);
    this.#hex(((c >>> 16) & 0x3fff) | 0x8000, 4);
    this.#byte(45);
    this.#hex(c & 0xffff, 4);
    this.#hex(d, 8);
  }

  /** Writes the fields of a view event and ends it. `completion` is in ten-thousandths. */
  view(
    viewer: number,
    content: Uint8Array,
    genre: number,
    watched_sec: number,
    completion: number,
    at_us: number,
  ): void {
    this.#put(VIEWER_ID);
    this.#integer(viewer);
    this.#put(CONTENT_ID);
    this.#put(content);
    this.#put(GENRE);
    this.#put(GENRE_NAMES[genre]!);
    this.#put(DURATION);
    this.#integer(watched_sec);
    this.#put(COMPLETION);
    this.#fraction(completion);
    this.#put(WATCHED_AT);
    this.#time(at_us);
    this.#end();
  }

  /** Writes the fields of an interaction and ends it. `type` is an index into {@link EVENT_TYPES}. */
  interaction(viewer: number, content: Uint8Array, type: number, at_us: number): void {
    this.#put(VIEWER_ID);
    this.#integer(viewer);
    this.#put(CONTENT_ID);
    this.#put(content);
    this.#put(EVENT_TYPE);
    this.#put(TYPE_NAMES[type]!);
    this.#put(EVENT_TS);
    this.#time(at_us);
    this.#end();
  }

  /** Adds the bytes of an event that {@link last} returned. */
  copy(event: Uint8Array): void {
    this.#open();
    this.#put(event);
    this.#close();
  }

  /** Returns a copy of the last event. With `drop` also removes the event from the writer. */
  last(drop: boolean): Uint8Array {
    const i = this.#count - 1;
    const event = this.#bytes.slice(this.#starts[i], this.#ends[i]);
    if (drop) {
      this.#at = this.#starts[i]!;
      this.#count = i;
    }
    return event;
  }

  /** Returns the events written since the last `take`, in new buffers that are padded as decoders require. */
  take(): {
    readonly bytes: Uint8Array;
    readonly starts: Int32Array;
    readonly ends: Int32Array;
    readonly count: number;
  } {
    const padded = new Uint8Array(this.#at + PADDING);
    padded.set(this.#bytes.subarray(0, this.#at));
    const taken = {
      bytes: padded.subarray(0, this.#at),
      starts: this.#starts.slice(0, this.#count),
      ends: this.#ends.slice(0, this.#count),
      count: this.#count,
    };
    this.#at = 0;
    this.#count = 0;
    return taken;
  }

  /** Begins an event and makes room for it. */
  #open(): void {
    if (this.#at + MAX_EVENT_BYTES > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (this.#count === this.#starts.length) {
      const [starts, ends] = [new Int32Array(this.#count * 2), new Int32Array(this.#count * 2)];
      starts.set(this.#starts);
      ends.set(this.#ends);
      this.#starts = starts;
      this.#ends = ends;
    }
    this.#starts[this.#count] = this.#at;
  }

  #end(): void {
    this.#put(END);
    this.#close();
  }

  #close(): void {
    this.#ends[this.#count++] = this.#at;
    this.#byte(LINE_FEED);
  }

  #byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  #put(text: Uint8Array): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) bytes[at++] = text[i]!;
    this.#at = at;
  }

  #hex(value: number, digits: number): void {
    for (let shift = 4 * (digits - 1); shift >= 0; shift -= 4) this.#byte(HEX[(value >>> shift) & 15]!);
  }

  #integer(value: number): void {
    let length = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length++;
    this.#digits(value, length);
  }

  #digits(value: number, length: number): void {
    let rest = value;
    for (let i = this.#at + length - 1; i >= this.#at; i--) {
      const tens = Math.floor(rest / 10);
      this.#bytes[i] = 48 + rest - tens * 10;
      rest = tens;
    }
    this.#at += length;
  }

  /** Writes ten-thousandths as a JSON number with at least one decimal: `0.8347`, `0.5`, `1.0`. */
  #fraction(value: number): void {
    this.#byte(48 + Math.floor(value / 10_000));
    this.#byte(46);
    let rest = value % 10_000;
    let length = 4;
    while (length > 1 && rest % 10 === 0) {
      rest /= 10;
      length--;
    }
    this.#digits(rest, length);
  }

  /** Writes `YYYY-MM-DDTHH:MM:SS.mmm`. Has no zone, because RisingWave reads a TIMESTAMP with a zone as NULL. */
  #time(at_us: number): void {
    const day = Math.floor(at_us / DAY_US);
    if (day !== this.#day) {
      const { year, month, day: ofMonth } = civilFromDays(day);
      const two = (n: number): string => String(n).padStart(2, '0');
      this.#day = day;
      this.#date = bytesOf(`${String(year).padStart(4, '0')}-${two(month)}-${two(ofMonth)}T`);
    }
    this.#put(this.#date);
    const ms = Math.floor((at_us - day * DAY_US) / 1000);
    const seconds = Math.floor(ms / 1000);
    this.#digits(Math.floor(seconds / 3600), 2);
    this.#byte(58);
    this.#digits(Math.floor(seconds / 60) % 60, 2);
    this.#byte(58);
    this.#digits(seconds % 60, 2);
    this.#byte(46);
    this.#digits(ms % 1000, 3);
  }
}
