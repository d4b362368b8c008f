import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DynamoDbError } from '../sinks/dynamodb/client/errors.ts';

/** What went wrong, as the last part of a problem's `type`; docs/api.md lists them. */
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

/** RFC 9457, with members of our own where a kind has more to say. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly [member: string]: unknown;
}

/** Thrown by handlers; becomes the answer. `detail` is shown to the client. */
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
  'invalid-viewer-id': 'Not a viewer id',
  'invalid-request': 'Invalid request',
  'no-profiles': 'No profiles here',
  'no-recommendations': 'No recommendations here',
  'unknown-domain': 'No such domain',
  'unknown-source': 'No such source',
  'malformed-event': 'Malformed event',
  'too-large': 'Too large',
  'unsupported-media-type': 'Unsupported media type',
  unauthorized: 'Not authorized',
  forbidden: 'Not allowed',
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
  // The path only: a query could carry what nobody wants to find in a log of answers.
  const instance = request.url.split('?', 1)[0]!;
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(problemDocument(problem, instance));
}

/**
 * Any error as a problem that says to the client what the client can change, and nothing of our insides.
 * `maxBody_bytes`: what the path takes, if it is known.
 */
export function problemOf(error: unknown, maxBody_bytes?: number): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DynamoDbError) {
    return new ApiProblem('unavailable', 503, `profiles cannot be read at the moment (${error.code})`);
  }
  const { statusCode = 500, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 414) return new ApiProblem('invalid-request', 414, 'a part of the path is too long');
  if (statusCode === 413) {
    const limit =
      maxBody_bytes === undefined ? 'this server takes' : `the ${maxBody_bytes} bytes that this path takes`;
    return new ApiProblem('too-large', 413, `the body is larger than ${limit}`);
  }
  if (statusCode === 415) {
    return new ApiProblem(
      'unsupported-media-type',
      415,
      'the content type is missing or not one that this path takes',
    );
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new ApiProblem(
      'invalid-request',
      statusCode,
      message ?? STATUS_CODES[statusCode] ?? 'invalid request',
    );
  }
  return new ApiProblem('internal', 500, 'an error that is not yours; the server has logged it');
}
