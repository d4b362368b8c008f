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

type Provider = () => Promise<AwsCredentials & { readonly expiration?: Date }>;

const REFRESH_EARLY_MS = 5 * 60_000;

/**
 * The AWS SDK's default chain (environment, shared config and SSO, web identity, container, instance metadata),
 * loaded on first use since the SDK takes a while to load, and asked again shortly before the keys expire.
 */
export class DefaultCredentials implements CredentialsSource {
  readonly #options: { readonly region: string; readonly profile?: string | undefined };
  readonly #now_ms: () => number;
  #current: (AwsCredentials & { readonly expiration?: Date }) | undefined;
  #pending: Promise<AwsCredentials> | undefined;

  constructor(
    options: { readonly region: string; readonly profile?: string | undefined },
    now_ms: () => number,
  ) {
    this.#options = options;
    this.#now_ms = now_ms;
  }

  get(): AwsCredentials | Promise<AwsCredentials> {
    const current = this.#current;
    const until_ms = current?.expiration?.getTime() ?? Infinity;
    if (current !== undefined && this.#now_ms() < until_ms - REFRESH_EARLY_MS) return current;
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  invalidate(): void {
    this.#current = undefined;
  }

  async #fetch(): Promise<AwsCredentials> {
    try {
      // A new SDK client each time: its own provider would answer from memory.
      const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
      const { region, profile } = this.#options;
      const sdk = new DynamoDBClient({ region, ...(profile === undefined ? {} : { profile }) });
      const provider: Provider = sdk.config.credentials;
      this.#current = await provider();
      sdk.destroy();
      return this.#current;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new DynamoDbError('CredentialsProviderError', `no AWS credentials: ${reason}`, {
        status: 0,
        fault: 'credentials',
        cause: error,
      });
    }
  }
}

/** The region of the shared config file, if it names one. */
export async function sharedConfigRegion(profile: string | undefined): Promise<string | undefined> {
  try {
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
    const sdk = new DynamoDBClient(profile === undefined ? {} : { profile });
    const region = await sdk.config.region();
    sdk.destroy();
    return region;
  } catch {
    return undefined;
  }
}
