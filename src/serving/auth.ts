import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ApiProblem } from './problem.ts';

/** Bearer tokens; without one a part of the API is open. */
export interface ApiTokens {
  /** For profiles and recommendations. */
  readonly read?: string | undefined;
  /** For posting events. */
  readonly ingest?: string | undefined;
}

/** FRESHET_READ_TOKEN and FRESHET_INGEST_TOKEN; an empty variable counts as unset. */
export function tokensFromEnv(env: Readonly<Record<string, string | undefined>>): ApiTokens {
  const { FRESHET_READ_TOKEN: read, FRESHET_INGEST_TOKEN: ingest } = env;
  return { read: read === '' ? undefined : read, ingest: ingest === '' ? undefined : ingest };
}

/** A hook that lets requests with the token pass; the time it takes says nothing about the token. */
export function requireToken(token: string | undefined): (request: FastifyRequest) => Promise<void> {
  if (token === undefined) return () => Promise.resolve();
  const wanted = digest(token);
  return (request) => {
    const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return Promise.resolve();
    const detail =
      given === undefined ? 'send the header Authorization: Bearer TOKEN' : 'the token is not valid here';
    return Promise.reject(new ApiProblem('unauthorized', 401, detail));
  };
}

/** For the schema of a route behind {@link requireToken}: what the OpenAPI document says of it. */
export function tokenSchema(token: string | undefined): { readonly security?: { bearer: string[] }[] } {
  return token === undefined ? {} : { security: [{ bearer: [] }] };
}

/** Equal lengths for the comparison. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
