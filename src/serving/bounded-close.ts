import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Time for requests in progress to finish. Supervisors allow the whole process about 10 s. */
const GRACE_MS = 2000;

/**
 * Bounds how long closing the server takes. Node waits for every connection that is not idle, including connections
 * that have sent nothing yet (browsers open some ahead of time, load balancers to probe the port), that have sent part
 * of a request, or that do not read their response. The first kind is destroyed at once, the others after
 * {@link GRACE_MS}.
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
