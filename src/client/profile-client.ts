import type { ClientCounters } from './counters.ts';
import type { MoreLayouts } from './layouts/readers.ts';
import type { ProfileClientOptions, ReadOptions } from './options.ts';
import { ProfileReads } from './profile-reads.ts';
import type { ReadPlan } from './read-plan.ts';
import type { DayResult, DomainResult } from './result.ts';
import type { ProfileSchema } from './schema.ts';
import type { Transport } from './transport.ts';
import type { ViewerId } from './viewer-key.ts';

/**
 * Reads the profiles of one pipeline. `Domains` has the metrics of each domain by its name, `Days` those of domains
 * with a row per day, `Viewer` is the type of a viewer id; `freshet types --client` writes all three.
 *
 * Every call rejects with ProfileReadError (deadline, aborted, invalid viewer id, ...) or with DynamoDbError, whose
 * `fault` says what to do.
 */
export interface ProfileClient<Domains, Days = object, Viewer extends ViewerId = ViewerId> {
  /** Reads one domain. */
  get<Name extends keyof Domains & string>(
    viewer: Viewer,
    domain: Name,
    options?: ReadOptions,
  ): Promise<DomainResult<Domains[Name]>>;

  /** Reads several domains at once, by as few and as cheap requests as it takes. */
  getMany<Name extends keyof Domains & string>(
    viewer: Viewer,
    domains: readonly Name[],
    options?: ReadOptions,
  ): Promise<{ readonly [Each in Name]: DomainResult<Domains[Each]> }>;

  /** Reads domains of many viewers, 100 items per request. Resolves to one entry per viewer, in the given order. */
  getBatch<Name extends keyof Domains & string>(
    viewers: readonly Viewer[],
    domains: readonly Name[],
    options?: ReadOptions,
  ): Promise<readonly { readonly [Each in Name]: DomainResult<Domains[Each]> }[]>;

  /** Reads the days from `from` to `to` (ISO dates, both included) that have a row, the earliest first. */
  days<Name extends keyof Days & string>(
    viewer: Viewer,
    domain: Name,
    range: { readonly from: string; readonly to: string },
    options?: ReadOptions,
  ): Promise<readonly DayResult<Days[Name]>[]>;

  /** Returns which requests would read these domains now, why, what they are expected to cost, and by what sizes. */
  explain(domains: readonly (keyof Domains & string)[], options?: Pick<ReadOptions, 'consistent'>): ReadPlan;

  /** Returns what the client has done so far. */
  counters(): Readonly<ClientCounters>;

  /** Refuses further calls, waits for requests in flight, and closes the connections that the transport has opened. */
  close(): Promise<void>;
}

/**
 * Returns a client for the profiles that `schema` describes. A module written by `freshet types --client` calls it with
 * the right types. `layouts` has the readers of layouts that few pipelines use: `{ packed: packedReader }`. Throws
 * ProfileReadError for an option out of range, or a schema with a layout that has no reader.
 */
export function createProfileClient<Domains, Days = object, Viewer extends ViewerId = ViewerId>(
  schema: ProfileSchema,
  transport: Transport,
  options: ProfileClientOptions = {},
  layouts: MoreLayouts = {},
): ProfileClient<Domains, Days, Viewer> {
  // The types of the metrics come from the same SQL as the schema; nothing at run time can check them.
  return new ProfileReads(schema, transport, options, { layouts }) as unknown as ProfileClient<
    Domains,
    Days,
    Viewer
  >;
}
