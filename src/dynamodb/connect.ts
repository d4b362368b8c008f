import { SYSTEM_CLOCK, nowMs, type Clock } from '../platform/clock.ts';
import { DynamoDbClient } from './client.ts';
import {
  defaultCredentials,
  sharedConfigRegion,
  staticCredentials,
  type CredentialsSource,
} from './credentials.ts';
import { endpointUrl } from '../values/endpoint-url.ts';
import { DynamoDbError } from './errors.ts';

/** Region, endpoint and credentials. The environment supplies those that are undefined. */
export interface ConnectionOptions {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  readonly profile?: string | undefined;
}

export interface ConnectDeps {
  /** The environment, with AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, AWS_ACCESS_KEY_ID and so on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly timeout_ms?: number | undefined;
  readonly connections?: number | undefined;
}

/**
 * Resolves to a client. Each setting comes from the options, or else from the usual AWS variables, or else from the
 * SDK's shared config and credential chain. An emulator on the loopback interface needs neither region nor keys.
 * Rejects with DynamoDbError if there is no region or the endpoint is not a URL. Missing keys reject the first call.
 */
export async function connectDynamoDb(
  options: ConnectionOptions,
  deps: ConnectDeps,
): Promise<DynamoDbClient> {
  const { env } = deps;
  const given = options.endpoint ?? nonEmpty(env.AWS_ENDPOINT_URL_DYNAMODB) ?? nonEmpty(env.AWS_ENDPOINT_URL);
  const loopback = given !== undefined && isLoopback(checkedUrl(given));
  const profile = options.profile ?? nonEmpty(env.AWS_PROFILE);
  const region =
    options.region ??
    nonEmpty(env.AWS_REGION) ??
    nonEmpty(env.AWS_DEFAULT_REGION) ??
    (loopback ? 'us-east-1' : await sharedConfigRegion(profile));
  if (region === undefined) {
    throw new DynamoDbError('NoRegion', "no AWS region: set AWS_REGION, or the sink's option region", {
      status: 0,
      fault: 'other',
    });
  }
  return new DynamoDbClient({
    endpoint:
      given ??
      `https://dynamodb.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
    region,
    credentials: credentialsFor(options, { region, profile, loopback, deps }),
    clock: deps.clock,
    random: deps.random,
    timeout_ms: deps.timeout_ms,
    connections: deps.connections,
  });
}

function credentialsFor(
  options: ConnectionOptions,
  at: {
    readonly region: string;
    readonly profile: string | undefined;
    readonly loopback: boolean;
    readonly deps: ConnectDeps;
  },
): CredentialsSource {
  const { env } = at.deps;
  if (options.accessKeyId !== undefined && options.secretAccessKey !== undefined) {
    const { accessKeyId, secretAccessKey, sessionToken } = options;
    return staticCredentials({ accessKeyId, secretAccessKey, sessionToken });
  }
  const accessKeyId = nonEmpty(env.AWS_ACCESS_KEY_ID);
  const secretAccessKey = nonEmpty(env.AWS_SECRET_ACCESS_KEY);
  // As in the SDK, a named profile is preferred to keys in the environment.
  if (at.profile === undefined && accessKeyId !== undefined && secretAccessKey !== undefined) {
    return staticCredentials({ accessKeyId, secretAccessKey, sessionToken: nonEmpty(env.AWS_SESSION_TOKEN) });
  }
  if (at.profile === undefined && at.loopback) {
    return staticCredentials({ accessKeyId: 'local', secretAccessKey: 'local' });
  }
  const clock = at.deps.clock ?? SYSTEM_CLOCK;
  return defaultCredentials({ region: at.region, profile: at.profile }, () => nowMs(clock));
}

function checkedUrl(endpoint: string): URL {
  const url = endpointUrl(endpoint);
  if (url !== undefined) return url;
  const message = `endpoint ${JSON.stringify(endpoint)} is not a URL such as http://localhost:8000`;
  throw new DynamoDbError('BadEndpoint', message, { status: 0, fault: 'other' });
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/** Returns undefined for an empty variable, which AWS tools treat as unset. */
function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
