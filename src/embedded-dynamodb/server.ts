import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { ApiError, unserializable } from './api-error.ts';
import type { OperationContext } from './operations/operation.ts';
import { OPERATIONS } from './operations/operations.ts';
import { Request } from './request.ts';
import { messageOf } from '../values/error-message.ts';

const VERSION = 'DynamoDB_20120810.';
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Longer than clients keep connections, so that none sends a request on a connection that is being closed. */
const KEEP_ALIVE_MS = 120_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i;

/** Creates a server of DynamoDB's JSON protocol over HTTP. The caller starts listening. */
export function createStoreServer(context: OperationContext): Server {
  const server = createServer((request, response) => {
    request.on('error', () => {}); // the client disconnected; there is no one to respond to
    void respond(request, response, context).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  context: OperationContext,
): Promise<void> {
  let status = 200;
  let text: string;
  try {
    text = await answer(request, context);
  } catch (error) {
    const known = asApiError(error);
    status = known.status;
    text = JSON.stringify({ __type: known.type, message: known.message, ...known.extra });
  }
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': body.length,
    'x-amz-crc32': `${crc32(body)}`,
    'x-amzn-requestid': randomUUID(),
    // The unread rest of a refused body would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(body);
}

async function answer(request: IncomingMessage, context: OperationContext): Promise<string> {
  // A web page must not read profiles by pointing its own host name at this address (DNS rebinding).
  if (!LOOPBACK.test(request.headers.host ?? '')) {
    throw new ApiError(
      'AccessDeniedException',
      'The embedded store only accepts requests to a loopback address',
    );
  }
  const target = request.headers['x-amz-target'];
  const name = typeof target === 'string' && target.startsWith(VERSION) ? target.slice(VERSION.length) : '';
  const operation = OPERATIONS.get(name);
  if (request.method !== 'POST' || operation === undefined) {
    throw new ApiError(
      'UnknownOperationException',
      name === '' ? '' : `The embedded store has no operation ${name}`,
    );
  }
  if (request.headers.authorization === undefined) {
    throw new ApiError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  return operation(new Request(parseBody(await readBody(request))), context);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new ApiError('RequestEntityTooLargeException', 'Request body is longer than 16 MB', {
        status: 413,
      });
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw unserializable('The request is not JSON');
  }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const reason = messageOf(error);
  return new ApiError('InternalServerError', `The embedded store failed: ${reason}`, { status: 500 });
}
