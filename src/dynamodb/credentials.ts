import { DynamoDbError } from './errors.ts';
import type { AwsCredentials } from './sigv4.ts';
import { messageOf } from '../values/error-message.ts';

/** Supplies the keys for each request. Implementations cache them. */
export interface CredentialsSource {
  get(): AwsCredentials | Promise<AwsCredentials>;
  /** Drops the current keys, which the service refused: the next `get` fetches new ones. */
  invalidate(): void;
}

export function staticCredentials(credentials: AwsCredentials): CredentialsSource {
  return { get: () => credentials, invalidate: () => {} };
}

type ExpiringCredentials = AwsCredentials & { readonly expiration?: Date | undefined };

const REFRESH_EARLY_MS = 5 * 60_000;
/** Minimum time between attempts to renew valid keys: some providers return the same keys until they expire. */
const RENEW_EVERY_MS = 10_000;

/**
 * Caches the keys of a provider, and renews them shortly before they expire. While they are valid, `get` returns them
 * at once, even if the provider fails.
 */
export class CachedCredentials implements CredentialsSource {
  readonly #provider: () => Promise<ExpiringCredentials>;
  readonly #now_ms: () => number;
  #current: ExpiringCredentials | undefined;
  #renewAt_ms = -Infinity;
  #pending: Promise<AwsCredentials> | undefined;

  /** `get` rejects with the error of `provider`. */
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
    pending.catch(() => {}); // if it keeps failing, `get` rejects after the expiry
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
 * Returns the credentials of the AWS SDK's default chain: environment, shared config and SSO, web identity, container,
 * instance metadata. The chain is slow to load, so it is loaded on first use.
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
      // A new chain each time, because a chain caches its first answer.
      const provider = defaultProvider({
        ...(profile === undefined ? {} : { profile }),
        clientConfig: { region },
      });
      return await provider();
    } catch (error) {
      const reason = messageOf(error);
      throw new DynamoDbError('CredentialsProviderError', `no AWS credentials: ${reason}`, {
        status: 0,
        fault: 'credentials',
        cause: error,
      });
    }
  }, now_ms);
}

/** Resolves to the region of the shared config file; undefined if there is none. */
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
 * Silences the SDK's warning that its versions of 2027 need Node 22. Its clients for keys (STS, SSO) print it. The SDK
 * is pinned to a version that supports our Node, so users have nothing to do.
 */
function silenceNodeVersionWarning(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}
