import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Requests that are being worked on have so long to end; a supervisor waits some 10 s for the whole process. */
const GRACE_MS = 2000;

/**
 * Bounds how long closing takes. Node waits for every connection that is not idle, and counts those as busy that have
 * sent nothing yet (a browser opens some ahead of time, a load balancer to see whether the port answers), or a part of
 * a request, or that do not read their answer. The first are ended at once, the others after {@link GRACE_MS}.
 */
export function boundClose(app: FastifyInstance): void {
  const silent = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }: { readonly socket: Socket }) => silent.delete(socket));
  app.addHook('preClose', async () => {
    for (const socket of silent) socket.destroy();
    const late = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
    app.server.once('close', () => clearTimeout(late));
  });
}
