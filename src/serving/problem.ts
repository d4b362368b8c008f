import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProfileReadError } from '../client/read-error.ts';
import { DynamoDbError } from '../dynamodb/errors.ts';

/** Last part of a problem's `type`. docs/api.md lists all kinds. */
export type ProblemKind =
  | 'absent'
  | 'invalid-viewer-id'
  | 'invalid-request'
  | 'no-profiles'
  | 'no-recommendations'
  | 'unknown-domain'
  | 'unknown-source'
  | 'malformed-event'
  | 'too-large'
  | 'unsupported-media-type'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'unavailable'
  | 'internal';

/** An RFC 9457 problem document. Some kinds have further members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly [member: string]: unknown;
}

/** Thrown by handlers and sent as the response. The client sees `detail`. */
export class ApiProblem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;
  constructor(
    kind: ProblemKind,
    status: number,
    detail: string,
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'ApiProblem';
    this.kind = kind;
    this.status = status;
    this.members = members;
  }
}

const TITLES: Readonly<Record<ProblemKind, string>> = {
  absent: 'No such profile',
  'invalid-viewer-id': 'Invalid id',
  'invalid-request': 'Invalid request',
  'no-profiles': 'No profiles',
  'no-recommendations': 'No recommendations',
  'unknown-domain': 'No such domain',
  'unknown-source': 'No such source',
  'malformed-event': 'Malformed event',
  'too-large': 'Too large',
  'unsupported-media-type': 'Unsupported media type',
  unauthorized: 'Unauthorized',
  forbidden: 'Forbidden',
  'not-found': 'Not found',
  'method-not-allowed': 'Method not allowed',
  unavailable: 'Temporarily unavailable',
  internal: 'Internal error',
};

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export function problemDocument(problem: ApiProblem, instance: string): Problem {
  return {
    type: `urn:freshet:problem:${problem.kind}`,
    title: TITLES[problem.kind],
    status: problem.status,
    detail: problem.message,
    instance,
    ...problem.members,
  };
}

export function sendProblem(problem: ApiProblem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="freshet"');
  if (problem.status === 503) void reply.header('retry-after', '1');
  // Without the query, which may carry data that should not end up in logs of responses.
  const instance = request.url.split('?', 1)[0]!;
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(problemDocument(problem, instance));
}

/**
 * Converts any error to a problem for the client, without internal details. `maxBody_bytes` is the limit of the
 * path's body, if known.
 */
export function problemOf(error: unknown, maxBody_bytes?: number): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DynamoDbError || error instanceof ProfileReadError) {
    return new ApiProblem(
      'unavailable',
      503,
      `profiles cannot be read at the moment (${error.code}); try again`,
    );
  }
  const { statusCode = 500, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 414) return new ApiProblem('invalid-request', 414, 'a segment of the path is too long');
  if (statusCode === 413) {
    const limit =
      maxBody_bytes === undefined ? 'the limit' : `the limit of ${maxBody_bytes} bytes for this path`;
    return new ApiProblem('too-large', 413, `the body is larger than ${limit}`);
  }
  if (statusCode === 415) {
    return new ApiProblem(
      'unsupported-media-type',
      415,
      'the content type is missing or not supported by this path',
    );
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new ApiProblem(
      'invalid-request',
      statusCode,
      message ?? STATUS_CODES[statusCode] ?? 'invalid request',
    );
  }
  return new ApiProblem('internal', 500, 'internal error; the server has logged it');
}
