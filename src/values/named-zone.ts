import { DAY_US, dayOf, MAX_DAY, MIN_DAY, SECOND_US } from './civil.ts';

/** `GMT`, `GMT+05:30`, `GMT-04:56:02`. */
const LONG_OFFSET = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/;
/** Days of a span, which are looked up at once. No zone changes its offset and back within one day. */
const SPAN_DAYS = 512;

/** The offsets of a zone within a span of days: `offsets_us[i]` holds from `starts_us[i]` on. */
interface Span {
  readonly starts_us: readonly number[];
  readonly offsets_us: readonly number[];
}

/**
 * A zone of the IANA time zone data, read through Intl. Its changes of offset are looked up once for each span of days
 * and cached, so that an instant costs a short search instead of formatting.
 */
export class NamedZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #spans = new Map<number, Span>();
  #last: Span = { starts_us: [], offsets_us: [] };
  #lastIndex = NaN;

  /** Throws RangeError if this machine's time zone data has no such zone. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** Returns the offset in microseconds east of UTC at an instant. */
  offsetAt(us: number): number {
    const { starts_us, offsets_us } = this.#spanOf(us);
    let i = starts_us.length - 1;
    while (i > 0 && starts_us[i]! > us) i--;
    return offsets_us[i]!;
  }

  /**
   * Returns the first instant after `us` and before `until_us` at which the offset changes; Infinity if there is none.
   */
  nextTransition(us: number, until_us: number): number {
    for (let at = us; at < until_us;) {
      const next = this.#spanOf(at).starts_us.find((start, i) => i > 0 && start > us);
      if (next !== undefined) return next < until_us ? next : Infinity;
      at = (Math.floor(dayOf(at) / SPAN_DAYS) + 1) * SPAN_DAYS * DAY_US;
      // A change may be exactly at the start of the next span.
      if (at < until_us && this.offsetAt(at) !== this.offsetAt(at - SECOND_US)) return at;
    }
    return Infinity;
  }

  #spanOf(us: number): Span {
    const index = Math.floor(dayOf(us) / SPAN_DAYS);
    if (index === this.#lastIndex) return this.#last;
    let span = this.#spans.get(index);
    if (span === undefined) {
      span = this.#read(index);
      this.#spans.set(index, span);
    }
    this.#last = span;
    this.#lastIndex = index;
    return span;
  }

  #read(index: number): Span {
    const from = Math.max(MIN_DAY - 1, index * SPAN_DAYS) * DAY_US;
    const to = Math.min(MAX_DAY + 1, (index + 1) * SPAN_DAYS) * DAY_US;
    const starts_us = [from];
    let offset = this.#ask(from);
    const offsets_us = [offset];
    for (let at = from; at < to; at += DAY_US) {
      const next = this.#ask(at + DAY_US - SECOND_US);
      if (next === offset) continue;
      let [low, high] = [Math.max(from, at - SECOND_US), at + DAY_US - SECOND_US];
      while (high - low > SECOND_US) {
        const middle = low + Math.floor((high - low) / 2 / SECOND_US) * SECOND_US;
        if (this.#ask(middle) === offset) low = middle;
        else high = middle;
      }
      starts_us.push(high);
      offsets_us.push(next);
      offset = next;
    }
    return { starts_us, offsets_us };
  }

  /** Returns the offset in microseconds east of UTC, from Intl. */
  #ask(us: number): number {
    const text = this.#format.format(Math.floor(us / SECOND_US) * 1000);
    const m = LONG_OFFSET.exec(text);
    if (m === null) throw new Error(`no offset in ${JSON.stringify(text)}`);
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = m;
    const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND_US;
    return sign === '-' ? -size : size;
  }
}
