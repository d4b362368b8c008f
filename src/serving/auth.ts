import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { FreshetError } from '../values/freshet-error.ts';
import { ApiProblem } from './problem.ts';

/** Bearer tokens; without one a part of the API is open. */
export interface ApiTokens {
  /** For profiles and recommendations. */
  readonly read?: string | undefined;
  /** For posting events. */
  readonly ingest?: string | undefined;
}

/** A token that no client could send. Its text is not in the message. */
function unusableToken(variable: string, fault: string): FreshetError {
  return new FreshetError('unusable_token', `${variable} ${fault}: no client can send such a token`, {
    hint: 'set it to visible characters, with spaces within at most',
  });
}

/** FRESHET_READ_TOKEN and FRESHET_INGEST_TOKEN; an empty variable counts as unset. Throws FreshetError. */
export function tokensFromEnv(env: Readonly<Record<string, string | undefined>>): ApiTokens {
  const tokenOf = (variable: string): string | undefined => {
    const token = env[variable] ?? '';
    if (token.trim() !== token) throw unusableToken(variable, 'begins or ends with white space');
    if (/\p{Cc}/u.test(token))
      throw unusableToken(variable, 'has a line break or another control character in it');
    return token === '' ? undefined : token;
  };
  return { read: tokenOf('FRESHET_READ_TOKEN'), ingest: tokenOf('FRESHET_INGEST_TOKEN') };
}

/** A hook that lets requests with the token pass; the time it takes says nothing about the token. */
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
      given === undefined ? 'send the header Authorization: Bearer TOKEN' : 'the token is not valid here';
    return Promise.reject(new ApiProblem('unauthorized', 401, detail));
  };
}

/** For the schema of a route behind {@link requireToken}: what the OpenAPI document says of it. */
export function tokenSchema(token: string | undefined): { readonly security?: { bearer: string[] }[] } {
  return token === undefined ? {} : { security: [{ bearer: [] }] };
}

/** The bytes that clients send for a token: UTF-8, as curl does, or Latin-1 where it can be, as `fetch` does. */
function formsOf(token: string): readonly Buffer[] {
  const latin1 = Buffer.from(token, 'latin1');
  return latin1.toString('latin1') === token ? [Buffer.from(token), latin1] : [Buffer.from(token)];
}

/** Equal lengths for the comparison. */
function digest(token: Buffer): Buffer {
  return createHash('sha256').update(token).digest();
}
