import { nowMs, SYSTEM_CLOCK, type Clock } from '../platform/clock.ts';
import { Attempts } from './attempts.ts';
import { limited } from './call-scope.ts';
import { newCounters, type ClientCounters } from './counters.ts';
import { Flights } from './flights.ts';
import { ItemCache } from './item-cache.ts';
import type { ItemAttributes } from './item-attributes.ts';
import { ItemReader, type ReadCall } from './item-reader.ts';
import type { DomainReader, Items } from './layouts/layout.ts';
import { readerOf, type MoreLayouts } from './layouts/readers.ts';
import { checkOptions, DEFAULT_DEADLINE_MS, type ProfileClientOptions, type ReadOptions } from './options.ts';
import { ProfileReadError } from './read-error.ts';
import { explainRead, type ReadPlan } from './read-plan.ts';
import type { Reading } from './reading.ts';
import { decoded, Requests, type ClosedRange } from './requests.ts';
import type { DayResult, DomainResult } from './result.ts';
import type { ProfileSchema } from './schema.ts';
import type { Transport } from './transport.ts';
import { viewerText, type ViewerId } from './viewer-key.ts';

export type AnyDomain = DomainResult<ItemAttributes>;
/** The domains of one viewer by name, with the name `__proto__` as an ordinary property. */
export type AnyDomains = Readonly<Record<string, AnyDomain>>;

export interface ReadsDeps {
  /** Readers of layouts that only some pipelines have. */
  readonly layouts?: MoreLayouts | undefined;
  /** Time and chance, which tests hand in. */
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/** Reads profiles without knowing their types; {@link createProfileClient} gives it those of a pipeline. */
export class ProfileReads {
  readonly #options: ProfileClientOptions;
  readonly #schema: ProfileSchema;
  readonly #readers: ReadonlyMap<string, DomainReader>;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #counters = newCounters();
  readonly #requests: Requests;
  readonly #items: ItemReader;
  #isClosed = false;

  /** Throws ProfileReadError for an option out of range, or a schema with a layout that is unknown. */
  constructor(
    schema: ProfileSchema,
    transport: Transport,
    options: ProfileClientOptions = {},
    { layouts, clock = SYSTEM_CLOCK, random = Math.random }: ReadsDeps = {},
  ) {
    checkOptions(options);
    this.#schema = schema;
    this.#options = options;
    const { domains, key } = schema;
    this.#readers = new Map(
      Object.keys(domains).map((name) => [name, readerOf(name, domains[name]!, key, layouts)]),
    );
    this.#transport = transport;
    this.#clock = clock;
    const counters = this.#counters;
    const { attempts: limit, hedge, cache } = options;
    const attempts = new Attempts({ transport, attempts: limit, hedge, counters, clock, random });
    this.#requests = new Requests(schema);
    this.#items = new ItemReader({
      requests: this.#requests,
      flights: new Flights(attempts, { coalesce: options.coalesce ?? true, counters }),
      attempts,
      cache: cache === undefined ? undefined : new ItemCache(cache, clock),
      counters,
    });
  }

  get(viewer: ViewerId, domain: string, options?: ReadOptions): Promise<AnyDomain> {
    return this.#call(options, async (call) => {
      const reader = this.#reader(domain);
      const items = await this.#itemsOf([reader], viewer, call);
      return decoded(() => reader.read(items, this.#reading(options)));
    });
  }

  /** Reads the metrics of the last `days` days, up to today (UTC). */
  window(viewer: ViewerId, domain: string, days: number, options?: ReadOptions): Promise<AnyDomain> {
    return this.#call(options, async (call) => {
      const reader = this.#reader(domain);
      if (reader.window === undefined) {
        throw new ProfileReadError('wrong_layout', `domain ${domain} has the windows of its SQL only`, {
          hint: 'layouts packed and daily keep the days of a rolling view, from which any window can be added up',
        });
      }
      const items = await this.#itemsOf([reader], viewer, call);
      return decoded(() => reader.window!(items, this.#reading(options), days));
    });
  }

  async getMany(viewer: ViewerId, domains: readonly string[], options?: ReadOptions): Promise<AnyDomains> {
    const readers = domains.map((domain) => this.#reader(domain));
    return this.readBy(readers, viewer, options);
  }

  /** Reads domains that need not be in the schema. */
  readBy(readers: readonly DomainReader[], viewer: ViewerId, options?: ReadOptions): Promise<AnyDomains> {
    return this.#call(options, async (call) => {
      const items = await this.#itemsOf(readers, viewer, call);
      return this.#domains(readers, items, this.#reading(options));
    });
  }

  /**
   * Reads the items whose sort key begins with `prefix` by one Query, and the domains of the schema from them. Items
   * that belong to none are read as `other` says, which takes the rest of their sort key.
   */
  readUnder(
    prefix: string,
    other: (rest: string) => DomainReader,
    viewer: ViewerId,
    options?: ReadOptions,
  ): Promise<AnyDomains> {
    return this.#call(options, async (call) => {
      const found = await this.#items.range(this.#viewer(viewer), { prefix }, call);
      const items = new Map(found.map((item) => [this.#requests.keyOf(item).sortKey, item]));
      const readers = [...this.#readers.values()].filter(({ days }) => days === undefined);
      const known = new Set(sortKeysOf(readers));
      const others = [...items.keys()].filter((sortKey) => !known.has(sortKey));
      const all = [...readers, ...others.map((sortKey) => other(sortKey.slice(prefix.length)))];
      return this.#domains(all, items, this.#reading(options));
    });
  }

  /** Resolves to the domains of each viewer, in the order of `viewers`. */
  getBatch(
    viewers: readonly ViewerId[],
    domains: readonly string[],
    options?: ReadOptions,
  ): Promise<readonly AnyDomains[]> {
    return this.#call(options, async (call) => {
      const readers = domains.map((domain) => this.#reader(domain));
      const texts = viewers.map((viewer) => this.#viewer(viewer));
      const found = await this.#items.batch(texts, sortKeysOf(readers), this.#rangesOf(readers), call);
      const reading = this.#reading(options);
      return texts.map((viewer) => this.#domains(readers, found.get(viewer)!, reading));
    });
  }

  /** Reads the days from `from` to `to` (ISO dates, both included) that have a row, the earliest first. */
  days(
    viewer: ViewerId,
    domain: string,
    { from, to }: { readonly from: string; readonly to: string },
    options?: ReadOptions,
  ): Promise<readonly DayResult<ItemAttributes>[]> {
    return this.#call(options, async (call) => {
      const { days } = this.#reader(domain);
      if (days === undefined) {
        throw new ProfileReadError('wrong_layout', `domain ${domain} has no days: it is not in layout daily`);
      }
      for (const day of [from, to]) checkDay(day);
      if (from > to) return [];
      const range = { from: days.prefix + from, to: days.prefix + to };
      const items = await this.#items.range(this.#viewer(viewer), range, call);
      const reading = this.#reading(options);
      return decoded(() =>
        items.flatMap((item) => {
          const day = this.#requests.keyOf(item).sortKey.slice(days.prefix.length);
          return days.read(item, day, reading) ?? [];
        }),
      );
    });
  }

  /** Returns the reader of a domain of the schema. */
  reader(domain: string): DomainReader | undefined {
    return this.#readers.get(domain);
  }

  /** Returns how these domains would be read now. */
  explain(domains: readonly string[], options?: Pick<ReadOptions, 'consistent'>): ReadPlan {
    const readers = domains.map((domain) => this.#reader(domain));
    const shape = { ...this.#items.shape(sortKeysOf(readers)), ranges: this.#rangesOf(readers) };
    return explainRead(shape, this.#items.sizes, this.#isConsistent(options));
  }

  /** Returns a copy of the counters. */
  counters(): Readonly<ClientCounters> {
    return { ...this.#counters };
  }

  /** Refuses further calls, waits for requests in flight, and closes connections that the transport has opened. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#transport.close();
  }

  async #call<T>(options: ReadOptions | undefined, work: (call: ReadCall) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new ProfileReadError('closed', 'the client was closed');
    const deadline_ms = options?.deadline_ms ?? this.#options.deadline_ms ?? DEFAULT_DEADLINE_MS;
    const consistent = this.#isConsistent(options);
    try {
      return await limited(this.#clock, { deadline_ms, signal: options?.signal }, (scope) =>
        work({ scope, consistent }),
      );
    } catch (error) {
      if (error instanceof ProfileReadError && error.code === 'deadline') this.#counters.deadlines++;
      throw error;
    }
  }

  #itemsOf(readers: readonly DomainReader[], viewer: ViewerId, call: ReadCall): Promise<Items> {
    return this.#items.items(this.#viewer(viewer), sortKeysOf(readers), this.#rangesOf(readers), call);
  }

  /** Returns the key ranges that hold domains with an item per day, the widest of those that begin alike. */
  #rangesOf(readers: readonly DomainReader[]): readonly ClosedRange[] {
    const ranged = readers.filter(({ range }) => range !== undefined);
    if (ranged.length === 0) return NO_RANGES;
    const all = ranged.map((reader) => reader.range!(nowMs(this.#clock)));
    // All days of a viewer have one prefix, so the ranges overlap, and one Query reads them all.
    const from = all.map((range) => range.from).reduce((a, b) => (a < b ? a : b));
    const to = all.map((range) => range.to).reduce((a, b) => (a > b ? a : b));
    return [{ from, to }];
  }

  #isConsistent(options: Pick<ReadOptions, 'consistent'> | undefined): boolean {
    return options?.consistent ?? this.#options.consistent ?? false;
  }

  #viewer(viewer: ViewerId): string {
    return viewerText(viewer, this.#schema.key.partition);
  }

  #reader(domain: string): DomainReader {
    const reader = this.#readers.get(domain);
    if (reader !== undefined) return reader;
    throw new ProfileReadError('unknown_domain', `there is no domain ${JSON.stringify(domain)}`, {
      hint: `the schema has ${[...this.#readers.keys()].join(', ')}`,
    });
  }

  #reading(options: ReadOptions | undefined): Reading {
    const now_ms = nowMs(this.#clock);
    const asOf_ms = options?.asOf_ms ?? this.#options.asOf?.();
    return {
      now_ms,
      behind_ms: asOf_ms === undefined ? undefined : Math.max(0, now_ms - asOf_ms),
      staleAfter_ms: options?.staleAfter_ms ?? this.#options.staleAfter_ms,
    };
  }

  #domains(readers: readonly DomainReader[], items: Items, reading: Reading): AnyDomains {
    return decoded(() =>
      // fromEntries defines properties, so that a domain `__proto__` is one.
      Object.fromEntries(readers.map((reader) => [reader.name, reader.read(items, reading)])),
    );
  }
}

const NO_RANGES: readonly ClosedRange[] = [];

function sortKeysOf(readers: readonly DomainReader[]): readonly string[] {
  return readers.length === 1
    ? readers[0]!.sortKeys
    : [...new Set(readers.flatMap(({ sortKeys }) => sortKeys))];
}

function checkDay(day: string): void {
  if (/^\d{4}-\d{2}-\d{2}$/.test(day)) return;
  throw new ProfileReadError('invalid_option', `${JSON.stringify(day)} is no date such as 2026-03-15`);
}
