import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from './problem.ts';

/**
 * Returns a hook that bounds the bytes of the bodies being received or processed at the same time. It rejects a request
 * beyond the bound with ApiProblem 503 before reading its body. A body of unknown length counts as `maxBody_bytes`.
 */
export function bytesInFlight(
  max_bytes: number,
  maxBody_bytes: number,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  let held_bytes = 0;
  return (request, reply) => {
    const declared = Number(request.headers['content-length'] ?? maxBody_bytes);
    const bytes = Math.min(Number.isFinite(declared) ? declared : maxBody_bytes, maxBody_bytes);
    // A body alone always fits: `maxBody_bytes` limits its size.
    if (held_bytes > 0 && held_bytes + bytes > max_bytes) {
      const detail = 'the server is processing too many bytes of events; try again';
      return Promise.reject(new ApiProblem('unavailable', 503, detail));
    }
    held_bytes += bytes;
    let isHeld = true;
    const release = (): void => {
      if (isHeld) held_bytes -= bytes;
      isHeld = false;
    };
    // On `finish` after a response, on `close` if the client disconnects.
    reply.raw.once('finish', release).once('close', release);
    return Promise.resolve();
  };
}
