import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createApi, listenApi } from '../../src/serving/api.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { openIngest } from './support.ts';

/** Bytes that clients with open connections have sent: nothing, part of a request or all of it. */
const CLIENTS: Readonly<Record<string, string>> = {
  'has sent nothing': '',
  'has sent half of its headers': 'GET /v1/status HTTP/1.1\r\nhost: loc',
  'has sent half of its body':
    'POST /v1/sources/view_events/events HTTP/1.1\r\nhost: localhost\r\n' +
    'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"viewer',
  'keeps its connection for the next request': 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n',
  'does not read its answers':
    'GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(20),
};

async function client(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
  socket.on('error', () => {}); // the server closes the connection
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

describe('closing the API', () => {
  it.each(Object.keys(CLIENTS))('ends while a client %s', async (name) => {
    const own = await openIngest();
    const api = await createApi({ clock: SYSTEM_CLOCK, registry: new Registry(), ingest: own.ingest });
    const url = await listenApi(api);
    const socket = await client(url, CLIENTS[name]!);
    await (await fetch(`${url}/healthz`)).text(); // answered after the client's bytes have arrived
    const ended = once(socket, 'close');
    await api.close();
    socket.resume();
    await ended;
    expect(api.server.listening).toBe(false);
    await own.close();
  });

  it('ends connections to localhost, whichever address it resolves to', async () => {
    const api = await createApi({ clock: SYSTEM_CLOCK, registry: new Registry() });
    const url = await listenApi(api, { host: 'localhost' });
    expect(api.addresses()).toHaveLength(1);
    const ended = once(await client(url, ''), 'close');
    await api.close();
    await ended;
  });
});
