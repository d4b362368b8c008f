import type { Registry } from 'prom-client';
import type { LetterFilter, LetterList } from '../runtime/dead-letter-list.ts';
import type { Ingest } from '../runtime/ingest.ts';
import type { RecentKey } from '../runtime/recent-keys.ts';
import type { RunnerStatus } from '../runtime/status.ts';
import type { Clock } from '../platform/clock.ts';
import type { ApiTokens } from './auth.ts';
import type { ProfileStore } from './profile-store.ts';
import { ApiProblem } from './problem.ts';
import type { TrendingTitle } from './trending.ts';

/** The pipeline in the same process, if there is one. */
export interface PipelineProbe {
  readonly name: string;
  status(): RunnerStatus;
  /** View to its number of rows. */
  viewRows(): ReadonlyMap<string, number>;
  /** Keys of profiles that have just changed, the last one first. */
  recentKeys?(): readonly RecentKey[];
  /** What was set aside. */
  deadLetters?(filter: LetterFilter): Promise<LetterList>;
}

/** What the API needs. Without `store` there are no profiles to serve; without `ingest` and `pipeline` it serves profiles alone, from DynamoDB. */
export interface ApiDeps {
  readonly store?: ProfileStore | undefined;
  readonly clock: Clock;
  /** Candidates for recommendations; by default the item that the pipeline keeps in the store's table. */
  readonly trending?: (() => Promise<readonly TrendingTitle[]>) | undefined;
  readonly ingest?: Pick<Ingest, 'sources' | 'append'> | undefined;
  readonly pipeline?: PipelineProbe | undefined;
  /** Where this API's metrics go, and what /metrics shows. */
  readonly registry: Registry;
  readonly options?: ApiOptions | undefined;
  /** What clients only see as status 500 or 503. */
  onError?(error: unknown): void;
}

export interface ApiOptions {
  readonly tokens?: ApiTokens | undefined;
  /**
   * Names that this server has, besides `localhost` and its addresses. Where something is open without a token,
   * requests for another name, and what browsers send from pages of one, are refused.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Of a request's body. */
  readonly maxBody_bytes?: number | undefined;
  /** Of all bodies of events that are being read or taken at the same time. */
  readonly maxBodiesInFlight_bytes?: number | undefined;
  /** A profile counts as stale when the pipeline's clock is behind by more. */
  readonly staleAfter_ms?: number | undefined;
  readonly version?: string | undefined;
  /** Id of a viewer who has a profile, or will have one soon; undefined while none is known. */
  exampleViewer?(): string | undefined;
  /** False where there are no titles to choose recommendations from. */
  readonly recommends?: boolean | undefined;
  /** The page may make up events of view_events: what is in this pipeline is no real viewer's. */
  readonly isDemo?: boolean | undefined;
}

/** Where profiles are; throws the problem that says why there are none. */
export function storeOf({ store }: Pick<ApiDeps, 'store'>): ProfileStore {
  if (store !== undefined) return store;
  const detail =
    'this pipeline writes no profiles: it has no DynamoDB sink with a sort key that is the same text in every row';
  throw new ApiProblem('no-profiles', 404, detail);
}
