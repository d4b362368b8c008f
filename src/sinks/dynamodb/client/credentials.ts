import { DynamoDbError } from './errors.ts';
import type { AwsCredentials } from './sigv4.ts';

/** Where the client gets its keys from, for every request; implementations cache. */
export interface CredentialsSource {
  get(): AwsCredentials | Promise<AwsCredentials>;
  /** The service refused the current ones: fetch anew next time. */
  invalidate(): void;
}

export function staticCredentials(credentials: AwsCredentials): CredentialsSource {
  return { get: () => credentials, invalidate: () => {} };
}

type ExpiringCredentials = AwsCredentials & { readonly expiration?: Date | undefined };

const REFRESH_EARLY_MS = 5 * 60_000;
/** Between attempts to renew keys that are still good: some providers hand out the same ones until they expire. */
const RENEW_EVERY_MS = 10_000;

/**
 * Keeps the keys of a provider, and asks it again shortly before they expire. While they are good nobody waits for
 * new ones, and a provider that fails is no reason not to use them.
 */
export class CachedCredentials implements CredentialsSource {
  readonly #provider: () => Promise<ExpiringCredentials>;
  readonly #now_ms: () => number;
  #current: ExpiringCredentials | undefined;
  #renewAt_ms = -Infinity;
  #pending: Promise<AwsCredentials> | undefined;

  /** What `provider` rejects with is what `get` rejects with. */
  constructor(provider: () => Promise<ExpiringCredentials>, now_ms: () => number) {
    this.#provider = provider;
    this.#now_ms = now_ms;
  }

  get(): AwsCredentials | Promise<AwsCredentials> {
    const current = this.#current;
    const now_ms = this.#now_ms();
    const isGood = current !== undefined && now_ms < expiryOf_ms(current);
    if (isGood && now_ms < this.#renewAt_ms) return current;
    const pending = (this.#pending ??= this.#renew());
    if (!isGood) return pending;
    pending.catch(() => {}); // the next attempt, or the expiry, tells
    return current;
  }

  invalidate(): void {
    this.#current = undefined;
  }

  async #renew(): Promise<AwsCredentials> {
    try {
      this.#current = await this.#provider();
      return this.#current;
    } finally {
      const early_ms = this.#current === undefined ? 0 : expiryOf_ms(this.#current) - REFRESH_EARLY_MS;
      this.#renewAt_ms = Math.max(early_ms, this.#now_ms() + RENEW_EVERY_MS);
      this.#pending = undefined;
    }
  }
}

function expiryOf_ms({ expiration }: ExpiringCredentials): number {
  return expiration?.getTime() ?? Infinity;
}

/**
 * The AWS SDK's default chain (environment, shared config and SSO, web identity, container, instance metadata). It
 * takes a while to load and is loaded on first use.
 */
export function defaultCredentials(
  options: { readonly region: string; readonly profile?: string | undefined },
  now_ms: () => number,
): CredentialsSource {
  const { region, profile } = options;
  return new CachedCredentials(async () => {
    try {
      silenceNodeVersionWarning();
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
      // A new chain each time: one that has answered before answers from memory.
      const provider = defaultProvider({
        ...(profile === undefined ? {} : { profile }),
        clientConfig: { region },
      });
      return await provider();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new DynamoDbError('CredentialsProviderError', `no AWS credentials: ${reason}`, {
        status: 0,
        fault: 'credentials',
        cause: error,
      });
    }
  }, now_ms);
}

/** The region of the shared config file, if it names one. */
export async function sharedConfigRegion(profile: string | undefined): Promise<string | undefined> {
  try {
    const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } =
      await import('@smithy/core/config');
    const region = loadConfig(NODE_REGION_CONFIG_OPTIONS, {
      ...NODE_REGION_CONFIG_FILE_OPTIONS,
      ...(profile === undefined ? {} : { profile }),
    });
    return await region();
  } catch {
    return undefined;
  }
}

/**
 * The SDK's versions of 2027 want Node 22, and those of today say so wherever one of its clients asks for keys (STS for
 * web identity and roles, SSO). Ours is pinned and supports the Node that we name, so nobody has anything to do.
 */
function silenceNodeVersionWarning(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}
