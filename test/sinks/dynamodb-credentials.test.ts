import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDynamoDb, type ConnectionOptions } from '../../src/sinks/dynamodb/client/connect.ts';

// The SDK's chain reads the process's environment, whatever it is handed.
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

  it('are missed with a reason', async () => {
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
