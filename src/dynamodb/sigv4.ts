import { createHmac, hash } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A request to sign: a POST of a JSON body to `path` (absolute, already URI-encoded, no query). */
export interface SignableRequest {
  readonly host: string;
  readonly path: string;
  readonly target: string;
  readonly body: string | Uint8Array;
}

const CONTENT_TYPE = 'application/x-amz-json-1.0';

/**
 * Signs requests of DynamoDB's JSON protocol with AWS Signature Version 4. The signing key (four chained HMACs of the
 * secret) is cached until the day or the credentials change, which leaves two hashes and one HMAC per request.
 */
export class SigV4Signer {
  readonly region: string;
  readonly service: string;
  #keyFor = '';
  #key: Buffer = Buffer.alloc(0);

  constructor(region: string, service = 'dynamodb') {
    this.region = region;
    this.service = service;
  }

  /** Returns the headers of the signed request, including `authorization`. */
  sign(request: SignableRequest, credentials: AwsCredentials, now_ms: number): Record<string, string> {
    const stamp = new Date(now_ms).toISOString().replace(/[:-]|\.\d{3}/g, '');
    const day = stamp.slice(0, 8);
    const scope = `${day}/${this.region}/${this.service}/aws4_request`;
    const headers: Record<string, string> = {
      'content-type': CONTENT_TYPE,
      host: request.host,
      'x-amz-date': stamp,
    };
    if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
    headers['x-amz-target'] = request.target;

    // The names above are already in the alphabetical order that the canonical form requires.
    let canonicalHeaders = '';
    for (const name in headers) canonicalHeaders += `${name}:${headers[name]}\n`;
    const signedNames = Object.keys(headers).join(';');
    const canonical = `POST\n${canonicalPath(request.path)}\n\n${canonicalHeaders}\n${signedNames}\n${hash('sha256', request.body, 'hex')}`;
    const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
    const signature = createHmac('sha256', this.#dayKey(day, credentials)).update(toSign).digest('hex');
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`;
    return headers;
  }

  #dayKey(day: string, credentials: AwsCredentials): Buffer {
    const wanted = `${day}\n${credentials.accessKeyId}\n${credentials.secretAccessKey}`;
    if (this.#keyFor !== wanted) {
      let key = hmac(`AWS4${credentials.secretAccessKey}`, day);
      for (const part of [this.region, this.service, 'aws4_request']) key = hmac(key, part);
      this.#key = key;
      this.#keyFor = wanted;
    }
    return this.#key;
  }
}

/** Services other than S3 sign the path with a second URI encoding. */
function canonicalPath(path: string): string {
  return path === '/' ? path : path.split('/').map(encodeRfc3986).join('/');
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
