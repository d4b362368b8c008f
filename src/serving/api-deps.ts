import type { Registry } from 'prom-client';
import type { LetterFilter, LetterList } from '../runtime/dead-letter-list.ts';
import type { Ingest } from '../runtime/ingest.ts';
import type { RecentKey } from '../runtime/recent-keys.ts';
import type { RunnerStatus } from '../runtime/status.ts';
import type { Clock } from '../platform/clock.ts';
import type { ApiTokens } from './auth.ts';
import type { ProfileStore } from './profile-store.ts';
import { ApiProblem } from './problem.ts';
import type { KeyWords } from './key-words.ts';
import type { RecommendationParts } from './recommendation-parts.ts';
import type { TrendingTitle } from './trending.ts';

/** The pipeline in the same process, if there is one. */
export interface PipelineProbe {
  readonly name: string;
  status(): RunnerStatus;
  /** Returns the number of rows of each view, by name. */
  viewRows(): ReadonlyMap<string, number>;
  /** Returns keys of recently changed profiles, the latest first. */
  recentKeys?(): readonly RecentKey[];
  /** Reads dead letters. */
  deadLetters?(filter: LetterFilter): Promise<LetterList>;
}

/**
 * Dependencies of the API. Without `store` it serves no profiles; without `ingest` and `pipeline` it serves only
 * profiles, from DynamoDB.
 */
export interface ApiDeps {
  readonly store?: ProfileStore | undefined;
  readonly clock: Clock;
  /** Loads the candidates for recommendations; by default from the pipeline's item in the store's table. */
  readonly trending?: (() => Promise<readonly TrendingTitle[]>) | undefined;
  readonly ingest?: Pick<Ingest, 'sources' | 'append'> | undefined;
  readonly pipeline?: PipelineProbe | undefined;
  /** Receives the API's metrics and is served at /metrics. */
  readonly registry: Registry;
  readonly options?: ApiOptions | undefined;
  /** Receives each error that clients see only as a status of 500 or above. */
  onError?(error: unknown): void;
}

export interface ApiOptions {
  readonly tokens?: ApiTokens | undefined;
  /**
   * Host names of this server, besides `localhost` and its addresses. If anything is open without a token, requests to
   * another host name are refused, and so are requests from browser pages of another origin.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Limit of one request body. */
  readonly maxBody_bytes?: number | undefined;
  /** Limit of all event bodies being received or processed at the same time. */
  readonly maxBodiesInFlight_bytes?: number | undefined;
  /** A profile is stale if it may be behind by more than this. */
  readonly staleAfter_ms?: number | undefined;
  readonly version?: string | undefined;
  /** Returns the id of a viewer who has a profile, or will have one soon; undefined while none is known. */
  exampleViewer?(): string | undefined;
  /** The key of profiles in the pipeline's words; undefined if its SQL is not known. */
  readonly key?: KeyWords | undefined;
  /** What the pipeline has for recommendations; what the shipped one has if its SQL is not known. */
  readonly recommendations?: RecommendationParts | undefined;
  /** True if the page may post simulated view_events, because the pipeline holds no data of real viewers. */
  readonly isDemo?: boolean | undefined;
}

/** Returns the store of profiles. Throws ApiProblem 404 `no-profiles` if there is none. */
export function storeOf({ store }: Pick<ApiDeps, 'store'>): ProfileStore {
  if (store !== undefined) return store;
  const detail =
    'this pipeline writes no profiles: none of its DynamoDB sinks has a sort key that is the same text in every row';
  throw new ApiProblem('no-profiles', 404, detail);
}
