import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SigV4Signer } from '../../src/dynamodb/sigv4.ts';

type Bytes = string | ArrayBuffer | ArrayBufferView;

/** The hash interface of the SDK's signer, over node:crypto. */
class Sha256 {
  readonly #hash;
  constructor(secret?: Bytes) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Bytes): void {
    this.#hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {}
}

function bytesOf(data: Bytes): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

const token = fc.option(fc.stringMatching(/^[A-Za-z0-9/+=]{1,80}$/), { nil: undefined });
const request = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
  secretAccessKey: fc.stringMatching(/^[A-Za-z0-9/+]{20,40}$/),
  sessionToken: token,
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1'),
  host: fc.constantFrom('dynamodb.us-east-1.amazonaws.com', '127.0.0.1:8000', 'localhost:4566'),
  path: fc.constantFrom('/', '/proxy/dynamodb', '/a%20b/c', "/it's(1)*!"),
  target: fc.constantFrom('DynamoDB_20120810.BatchWriteItem', 'DynamoDB_20120810.Query'),
  body: fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'grapheme' })),
  now_ms: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});

describe('the SigV4 signer', () => {
  it("produces the signatures of the AWS SDK's signer", async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ host, path, target, body, now_ms, region, ...credentials }) => {
        const ours = new SigV4Signer(region).sign({ host, path, target, body }, credentials, now_ms);
        const { sessionToken, ...keys } = credentials;
        const theirs = await new SignatureV4({
          credentials: sessionToken === undefined ? keys : { ...keys, sessionToken },
          region,
          service: 'dynamodb',
          sha256: Sha256,
          applyChecksum: false,
        }).sign(
          {
            method: 'POST',
            protocol: 'https:',
            hostname: host,
            path,
            headers: { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
            query: {},
            body,
          },
          { signingDate: new Date(now_ms) },
        );
        expect(ours).toEqual(theirs.headers);
      }),
      { numRuns: 300, seed: 20260315 },
    );
  });

  it('derives a new signing key when the day or the credentials change', () => {
    const signer = new SigV4Signer('us-east-1');
    const a = { accessKeyId: 'A', secretAccessKey: 'first' };
    const b = { accessKeyId: 'A', secretAccessKey: 'second' };
    const call = { host: 'h', path: '/', target: 't', body: '{}' };
    const noon = Date.UTC(2026, 2, 15, 12);
    for (const [credentials, now_ms] of [
      [a, noon],
      [b, noon],
      [a, noon + 86_400_000],
      [a, noon],
    ] as const) {
      expect(signer.sign(call, credentials, now_ms)).toEqual(
        new SigV4Signer('us-east-1').sign(call, credentials, now_ms),
      );
    }
  });
});
