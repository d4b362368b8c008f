import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CachedCredentials, defaultCredentials } from '../../src/dynamodb/credentials.ts';
import { connectDynamoDb, type ConnectionOptions } from '../../src/dynamodb/connect.ts';

// The credential chain of the SDK always reads the environment of the process.
let dir: string;
let endpoint: string;
const seen: { authorization: string; token: string | undefined }[] = [];
const server = createServer((request, response) => {
  const token = request.headers['x-amz-security-token'];
  seen.push({ authorization: String(request.headers.authorization), token: token as string | undefined });
  request.resume();
  response.writeHead(400).end('{"__type":"x#ResourceNotFoundException","message":""}');
});
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'freshet-aws-'));
  const credentials =
    '[work]\naws_access_key_id = FROMFILE\naws_secret_access_key = s\naws_session_token = tok\n';
  await writeFile(join(dir, 'credentials'), credentials);
  await writeFile(join(dir, 'config'), '[profile work]\nregion = eu-north-1\n');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(dir, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', join(dir, 'config'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE', 'AWS_REGION']) {
    vi.stubEnv(name, undefined);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.close();
  await rm(dir, { recursive: true });
});

async function call(
  options: ConnectionOptions,
  env: Record<string, string> = {},
): Promise<string | undefined> {
  seen.length = 0;
  const client = await connectDynamoDb(options, { env });
  try {
    await client.describeTable('profiles');
  } finally {
    await client.close();
  }
  return /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(seen[0]!.authorization)?.slice(1).join(' ');
}

describe('credentials', () => {
  it("come from the sink's options first", async () => {
    const options = { endpoint, accessKeyId: 'OPTION', secretAccessKey: 's', profile: 'work', region: 'r' };
    expect(await call(options, { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's' })).toBe('OPTION r');
  });

  it('come from the environment', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'session' };
    expect(await call({ endpoint }, env)).toBe('ENV us-east-1');
    expect(seen[0]!.token).toBe('session');
  });

  it('come from the shared config of a profile, as does the region', async () => {
    expect(await call({ endpoint, profile: 'work', region: 'r' })).toBe('FROMFILE r');
    expect(seen[0]!.token).toBe('tok');
    expect(await call({ endpoint, region: 'r' }, { AWS_PROFILE: 'work' })).toBe('FROMFILE r');
    const remote = await connectDynamoDb({ profile: 'work' }, { env: {} });
    expect(remote.endpoint).toBe('https://dynamodb.eu-north-1.amazonaws.com');
    await remote.close();
  });

  it('are not needed by an emulator on this machine', async () => {
    expect(await call({ endpoint })).toBe('local us-east-1');
  });

  it('that are missing are reported with the reason', async () => {
    const client = await connectDynamoDb({ endpoint: 'http://db.invalid', region: 'r' }, { env: {} });
    await expect(client.describeTable('profiles')).rejects.toMatchObject({
      code: 'CredentialsProviderError',
      fault: 'credentials',
      message: expect.stringMatching(/^no AWS credentials: /) as string,
    });
    await client.close();
    await expect(connectDynamoDb({}, { env: {} })).rejects.toMatchObject({ code: 'NoRegion' });
  });
});

describe('credentials of a machine or container', () => {
  /** Starts a local service that returns keys, as the metadata services of the cloud do. */
  async function keyService(
    answer: (url: string, method: string) => string | undefined,
  ): Promise<{ readonly url: string; close(): void }> {
    const service = createServer((request, response) => {
      request.resume();
      const text = answer(request.url!, request.method!);
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    return { url, close: () => service.close() };
  }

  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const keys = (id: string): string =>
    JSON.stringify({
      Code: 'Success',
      AccessKeyId: id,
      SecretAccessKey: 's',
      Token: `token of ${id}`,
      Expiration: expires,
    });
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  beforeAll(() => {
    process.on('warning', listener);
  });
  afterAll(() => {
    process.off('warning', listener);
  });

  async function keysWith(env: Record<string, string>): Promise<unknown> {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    try {
      const { accessKeyId, sessionToken } = await defaultCredentials({ region: 'eu-north-1' }, () => 0).get();
      return { accessKeyId, sessionToken };
    } finally {
      for (const name of Object.keys(env)) vi.stubEnv(name, undefined);
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    }
  }

  it('come from the environment', async () => {
    expect(
      await keysWith({ AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }),
    ).toEqual({ accessKeyId: 'ENV', sessionToken: 't' });
  });

  it('come from a container', async () => {
    const service = await keyService(() => keys('CONTAINER'));
    expect(await keysWith({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.url}/keys` })).toEqual({
      accessKeyId: 'CONTAINER',
      sessionToken: 'token of CONTAINER',
    });
    service.close();
  });

  it("come from an instance's metadata", async () => {
    const service = await keyService((url, method) => {
      if (method === 'PUT') return 'metadata-token';
      return url.endsWith('/security-credentials/') ? 'role' : keys('INSTANCE');
    });
    expect(
      await keysWith({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url }),
    ).toEqual({ accessKeyId: 'INSTANCE', sessionToken: 'token of INSTANCE' });
    service.close();
  });

  it('come from a web identity, without a warning of the SDK', async () => {
    const service = await keyService(
      () =>
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
        '<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ROLE</AccessKeyId>' +
        `<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expires}</Expiration>` +
        '</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>',
    );
    await writeFile(join(dir, 'token'), 'a web identity');
    expect(
      await keysWith({
        AWS_WEB_IDENTITY_TOKEN_FILE: join(dir, 'token'),
        AWS_ROLE_ARN: 'arn:aws:iam::000000000000:role/freshet',
        AWS_ENDPOINT_URL_STS: service.url,
      }),
    ).toEqual({ accessKeyId: 'ROLE', sessionToken: 't' });
    service.close();
    expect(warnings).toEqual([]);
  });
});

describe('credentials that expire', () => {
  const MINUTE_MS = 60_000;
  interface Setup {
    readonly keys: CachedCredentials;
    now_ms: number;
    /** The credentials that the provider returns next; undefined makes it fail. */
    next: { accessKeyId: string; expires_ms: number } | undefined;
    asked: number;
  }
  function setup(): Setup {
    const at: Setup = {
      now_ms: 0,
      next: { accessKeyId: 'A', expires_ms: 60 * MINUTE_MS },
      asked: 0,
      keys: new CachedCredentials(
        async () => {
          at.asked++;
          if (at.next === undefined) throw new Error('no metadata');
          const { accessKeyId, expires_ms } = at.next;
          return { accessKeyId, secretAccessKey: 's', expiration: new Date(expires_ms) };
        },
        () => at.now_ms,
      ),
    };
    return at;
  }
  const used = async ({ keys }: Setup) => (await keys.get()).accessKeyId;
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('are fetched once for all requests, and again shortly before they expire', async () => {
    const at = setup();
    expect(await Promise.all([used(at), used(at)])).toEqual(['A', 'A']);
    at.now_ms = 55 * MINUTE_MS - 1;
    expect(await used(at)).toBe('A');
    expect(at.asked).toBe(1);
    at.next = { accessKeyId: 'B', expires_ms: 120 * MINUTE_MS };
    at.now_ms = 55 * MINUTE_MS;
    expect(await used(at)).toBe('A'); // no request waits for the new ones
    await settled();
    expect(await used(at)).toBe('B');
    expect(at.asked).toBe(2);
  });

  it('are used until they expire while new ones cannot be fetched', async () => {
    const at = setup();
    await used(at);
    at.next = undefined;
    at.now_ms = 55 * MINUTE_MS;
    for (let i = 0; i < 100; i++) {
      expect(await used(at)).toBe('A');
      await settled();
    }
    expect(at.asked).toBe(2);
    at.now_ms += 10_000;
    expect(await used(at)).toBe('A');
    await settled();
    expect(at.asked).toBe(3);
    at.now_ms = 60 * MINUTE_MS;
    await expect(used(at)).rejects.toThrow('no metadata');
    at.next = { accessKeyId: 'B', expires_ms: 120 * MINUTE_MS };
    expect(await used(at)).toBe('B');
  });

  it('are fetched again after a service has refused them', async () => {
    const at = setup();
    await used(at);
    at.next = { accessKeyId: 'B', expires_ms: 60 * MINUTE_MS };
    at.keys.invalidate();
    expect(await used(at)).toBe('B');
  });

  it('that a provider returns unchanged shortly before they expire are not fetched for every request', async () => {
    const at = setup();
    at.next = { accessKeyId: 'A', expires_ms: 4 * MINUTE_MS };
    for (let i = 0; i < 100; i++) expect(await used(at)).toBe('A');
    expect(at.asked).toBe(1);
  });
});
