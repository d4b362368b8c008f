import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { FreshetError } from '../values/freshet-error.ts';
import { ApiProblem } from './problem.ts';

/** Bearer tokens. A part of the API whose token is undefined is open. */
export interface ApiTokens {
  /** For profiles, recommendations and dead letters. */
  readonly read?: string | undefined;
  /** For posting events. */
  readonly ingest?: string | undefined;
}

/** Returns the error for a token that no client could send. The message does not contain the token. */
function unusableToken(variable: string, fault: string): FreshetError {
  return new FreshetError('unusable_token', `${variable} ${fault}; no client can send such a token`, {
    hint: 'set it to visible characters; spaces are allowed inside',
  });
}

/**
 * Reads FRESHET_READ_TOKEN and FRESHET_INGEST_TOKEN; an empty variable counts as unset. Throws FreshetError for a token
 * that no client can send.
 */
export function tokensFromEnv(env: Readonly<Record<string, string | undefined>>): ApiTokens {
  const tokenOf = (variable: string): string | undefined => {
    const token = env[variable] ?? '';
    if (token.trim() !== token) throw unusableToken(variable, 'begins or ends with white space');
    if (/\p{Cc}/u.test(token))
      throw unusableToken(variable, 'contains a line break or another control character');
    return token === '' ? undefined : token;
  };
  return { read: tokenOf('FRESHET_READ_TOKEN'), ingest: tokenOf('FRESHET_INGEST_TOKEN') };
}

/**
 * Returns a hook that rejects requests without the token with ApiProblem 401; a hook that passes all if `token` is
 * undefined. The comparison takes constant time.
 */
export function requireToken(token: string | undefined): (request: FastifyRequest) => Promise<void> {
  if (token === undefined) return () => Promise.resolve();
  const wanted = formsOf(token).map(digest);
  return (request) => {
    // Node reads a header's bytes as Latin-1.
    const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const sent = given === undefined ? undefined : digest(Buffer.from(given, 'latin1'));
    const isRight = sent !== undefined && wanted.filter((each) => timingSafeEqual(sent, each)).length > 0;
    if (isRight) return Promise.resolve();
    const detail =
      given === undefined
        ? 'send the header Authorization: Bearer TOKEN'
        : 'the token is not valid for this path';
    return Promise.reject(new ApiProblem('unauthorized', 401, detail));
  };
}

/** Returns the security part of a route's OpenAPI schema, for a route behind {@link requireToken}. */
export function tokenSchema(token: string | undefined): { readonly security?: { bearer: string[] }[] } {
  return token === undefined ? {} : { security: [{ bearer: [] }] };
}

/** Returns the bytes that clients may send for a token: UTF-8, as curl does, or Latin-1, as `fetch` does. */
function formsOf(token: string): readonly Buffer[] {
  const latin1 = Buffer.from(token, 'latin1');
  return latin1.toString('latin1') === token ? [Buffer.from(token), latin1] : [Buffer.from(token)];
}

/** Hashes a token, so that the constant-time comparison has inputs of equal length. */
function digest(token: Buffer): Buffer {
  return createHash('sha256').update(token).digest();
}
