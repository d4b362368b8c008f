import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from './problem.ts';

/**
 * A hook that bounds the bytes of bodies that are being read or worked on at the same time: what would be beyond is
 * asked to come again, before any of it is read. A body whose length is not told counts with the most it may have.
 */
export function bytesInFlight(
  max_bytes: number,
  maxBody_bytes: number,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  let held_bytes = 0;
  return (request, reply) => {
    const told = Number(request.headers['content-length'] ?? maxBody_bytes);
    const bytes = Math.min(Number.isFinite(told) ? told : maxBody_bytes, maxBody_bytes);
    // One alone is taken however large it is: its own limit is another.
    if (held_bytes > 0 && held_bytes + bytes > max_bytes) {
      const detail = 'too many bodies are being read at the moment; send this one again';
      return Promise.reject(new ApiProblem('unavailable', 503, detail));
    }
    held_bytes += bytes;
    let isHeld = true;
    const release = (): void => {
      if (isHeld) held_bytes -= bytes;
      isHeld = false;
    };
    // Whether it was answered or the client went away.
    reply.raw.once('finish', release).once('close', release);
    return Promise.resolve();
  };
}
