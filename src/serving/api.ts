import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import { allowedMethods } from './allowed-methods.ts';
import { boundClose } from './bounded-close.ts';
import { hostGuard } from './host-guard.ts';
import { buildInfo, httpMetrics } from './http-metrics.ts';
import { ApiProblem, PROBLEM_TYPE, problemDocument, problemOf, sendProblem } from './problem.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { docsRoutes } from './routes/docs.ts';
import { ingestRoutes } from './routes/ingest.ts';
import { operationRoutes } from './routes/operations.ts';
import { profileRoutes } from './routes/profiles.ts';
import { recommendationRoutes } from './routes/recommendations.ts';
import { SHIPPED_RECOMMENDATIONS } from './recommendation-parts.ts';
import { DOMAINS_FORM } from './schemas.ts';
import { validatorCompiler } from './validator.ts';

const MAX_HEADER_BYTES = 16 * 1024;
/** Room for the longest viewer id, percent-encoded. */
const MAX_PARAM_CHARS = 3 * 2048;
const DEFAULT_MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Builds the HTTP API: profiles, recommendations, ingest of events, and the endpoints for operators. All errors are
 * RFC 9457 problem documents. The result is ready for `listenApi` or for injected requests.
 */
export async function createApi(deps: ApiDeps): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: deps.options?.maxBody_bytes ?? DEFAULT_MAX_BODY_BYTES,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: MAX_PARAM_CHARS },
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      void sendProblem(problemOf(error), request, reply);
    },
    clientErrorHandler: answerBrokenRequest,
  });
  boundClose(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSchemaErrorFormatter((errors, part) => {
    const { instancePath = '', schemaPath = '', keyword, message = 'is not valid' } = errors[0] ?? {};
    const fault = schemaPath.endsWith('/additionalProperties')
      ? 'is not a known field'
      : keyword === 'pattern' && instancePath === '/domains'
        ? `must be ${DOMAINS_FORM}`
        : message;
    return new ApiProblem('invalid-request', 400, `${part}${instancePath} ${fault}`);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error, request.routeOptions.bodyLimit);
    if (problem.status >= 500) deps.onError?.(error);
    return sendProblem(problem, request, reply);
  });
  const methodsOf = allowedMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const methods = methodsOf(path);
    if (methods.length === 0) {
      return sendProblem(new ApiProblem('not-found', 404, `no such path: ${path}`), request, reply);
    }
    void reply.header('allow', methods.join(', '));
    const detail = `${path} allows ${methods.join(' and ')}, not ${request.method}`;
    return sendProblem(new ApiProblem('method-not-allowed', 405, detail), request, reply);
  });
  if (isOpen(deps)) app.addHook('onRequest', hostGuard(deps.options?.hosts ?? []));
  app.addHook('onRequest', async (request) => {
    const coding = request.headers['content-encoding'];
    if (coding === undefined || coding === 'identity') return;
    throw new ApiProblem('unsupported-media-type', 415, 'send the body without a content-encoding');
  });
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
  });
  httpMetrics(app, deps.registry);
  buildInfo(deps.registry, deps.options?.version);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'Freshet',
        description: aboutApi(deps),
        version: deps.options?.version ?? '0',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
  });
  await app.register(profileRoutes(deps));
  await app.register(recommendationRoutes(deps));
  await app.register(ingestRoutes(deps));
  await app.register(deadLetterRoutes(deps));
  await app.register(operationRoutes(deps));
  await app.register(docsRoutes());
  await app.ready();
  return app;
}

/** Says what the API holds, in the words of its pipeline. */
function aboutApi({ store, ingest, pipeline, options }: ApiDeps): string {
  const { trending, taste } = options?.recommendations ?? SHIPPED_RECOMMENDATIONS;
  const profiles = options?.key === undefined ? 'profiles' : `profiles by ${options.key.name}`;
  const parts = [
    ...(store === undefined ? [] : [profiles]),
    ...(store === undefined || (trending === undefined && !taste) ? [] : ['recommendations']),
    ...(ingest === undefined ? [] : ['ingest of events']),
  ];
  return `${pipeline === undefined ? '' : `Pipeline ${pipeline.name}: `}${parts.join(', ')}.`;
}

/** Returns true if profiles can be read or events posted without a token. */
function isOpen({ ingest, options }: ApiDeps): boolean {
  const { read, ingest: post } = options?.tokens ?? {};
  return read === undefined || (ingest !== undefined && post === undefined);
}

/**
 * Starts listening, by default on 127.0.0.1 and a free port; resolves to the URL. A host name is resolved to one
 * address first: for `localhost`, fastify would listen on every address, with servers that closing does not await.
 */
export async function listenApi(
  app: FastifyInstance,
  options: { readonly host?: string | undefined; readonly port?: number | undefined } = {},
): Promise<string> {
  const { address } = await lookup(options.host ?? '127.0.0.1');
  return app.listen({ host: address, port: options.port ?? 0 });
}

/** Answers on the socket what never becomes a request: bytes that are not HTTP, or headers beyond the limit. */
function answerBrokenRequest(
  error: NodeJS.ErrnoException & { readonly reason?: string },
  socket: Socket,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase, detail] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ([
          431,
          'Request Header Fields Too Large',
          `the headers are larger than ${MAX_HEADER_BYTES} bytes`,
        ] as const)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout', 'the request did not arrive in time'] as const)
        : ([
            400,
            'Bad Request',
            `the request is not valid HTTP${error.reason === undefined ? '' : `: ${error.reason}`}`,
          ] as const);
  const body = JSON.stringify(problemDocument(new ApiProblem('invalid-request', status, detail), ''));
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
