import type { ClientCounters } from './counters.ts';
import type { MoreLayouts } from './layouts/readers.ts';
import type { ProfileClientOptions, ReadOptions } from './options.ts';
import { ProfileReads } from './profile-reads.ts';
import type { ReadPlan } from './read-plan.ts';
import type { DayResult, DomainResult } from './result.ts';
import type { ProfileSchema } from './schema.ts';
import type { Transport } from './transport.ts';
import type { ViewerId } from './viewer-key.ts';

/** The types of one pipeline's profiles, which `freshet types --client` writes. */
export interface ProfileTypes {
  /** By domain, its metrics. */
  readonly domains: object;
  /** By domain with a row per day, the metrics of a day. */
  readonly days: object;
  /** By domain that keeps its days, the metrics that a window of any length has. */
  readonly windows: object;
  readonly viewer: ViewerId;
}

/**
 * Reads the profiles of one pipeline. Every call rejects with ProfileReadError (deadline, aborted, invalid viewer id,
 * ...) or with DynamoDbError, whose `fault` says what to do.
 */
export interface ProfileClient<Types extends ProfileTypes> {
  /** Reads one domain. */
  get<Name extends keyof Types['domains'] & string>(
    viewer: Types['viewer'],
    domain: Name,
    options?: ReadOptions,
  ): Promise<DomainResult<Types['domains'][Name]>>;

  /** Reads several domains at once, by as few and as cheap requests as it takes. */
  getMany<Name extends keyof Types['domains'] & string>(
    viewer: Types['viewer'],
    domains: readonly Name[],
    options?: ReadOptions,
  ): Promise<{ readonly [Each in Name]: DomainResult<Types['domains'][Each]> }>;

  /** Reads domains of many viewers, 100 items per request. Resolves to one entry per viewer, in the given order. */
  getBatch<Name extends keyof Types['domains'] & string>(
    viewers: readonly Types['viewer'][],
    domains: readonly Name[],
    options?: ReadOptions,
  ): Promise<readonly { readonly [Each in Name]: DomainResult<Types['domains'][Each]> }[]>;

  /**
   * Reads the metrics of the last `days` days up to today (UTC), of any length that the items keep, for a domain in
   * layout `packed` or `daily`: `watch_minutes` over 14 days, from the definition of `watch_minutes_7d`.
   */
  window<Name extends keyof Types['windows'] & string>(
    viewer: Types['viewer'],
    domain: Name,
    days: number,
    options?: ReadOptions,
  ): Promise<DomainResult<Types['windows'][Name]>>;

  /** Reads the days from `from` to `to` (ISO dates, both included) that have a row, the earliest first. */
  days<Name extends keyof Types['days'] & string>(
    viewer: Types['viewer'],
    domain: Name,
    range: { readonly from: string; readonly to: string },
    options?: ReadOptions,
  ): Promise<readonly DayResult<Types['days'][Name]>[]>;

  /** Returns which requests would read these domains now, why, what they are expected to cost, and by what sizes. */
  explain(
    domains: readonly (keyof Types['domains'] & string)[],
    options?: Pick<ReadOptions, 'consistent'>,
  ): ReadPlan;

  /** Returns what the client has done so far. */
  counters(): Readonly<ClientCounters>;

  /** Refuses further calls, waits for requests in flight, and closes the connections that the transport has opened. */
  close(): Promise<void>;
}

/**
 * Returns a client for the profiles that `schema` describes. A module written by `freshet types --client` calls it with
 * the right types. `layouts` has the readers of layouts that few pipelines use. Throws ProfileReadError for an option
 * out of range, or a schema with a layout that has no reader.
 */
export function createProfileClient<Types extends ProfileTypes>(
  schema: ProfileSchema,
  transport: Transport,
  options: ProfileClientOptions = {},
  layouts: MoreLayouts = {},
): ProfileClient<Types> {
  // The types of the metrics come from the same SQL as the schema; nothing at run time can check them.
  return new ProfileReads(schema, transport, options, { layouts }) as unknown as ProfileClient<Types>;
}
