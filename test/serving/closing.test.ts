import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createApi, listenApi } from '../../src/serving/api.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { openIngest } from './support.ts';

/** Open connections of clients that have sent all, a part or nothing of a request. */
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
  socket.on('error', () => {}); // it is cut off
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

describe('closing the API', () => {
  it.each(Object.keys(CLIENTS))('ends though a client %s', async (name) => {
    const own = await openIngest();
    const api = await createApi({ clock: SYSTEM_CLOCK, registry: new Registry(), ingest: own.ingest });
    const url = await listenApi(api);
    const socket = await client(url, CLIENTS[name]!);
    await (await fetch(`${url}/healthz`)).text(); // answered last, so the bytes of the client have arrived
    const ended = once(socket, 'close');
    await api.close();
    socket.resume();
    await ended;
    expect(api.server.listening).toBe(false);
    await own.close();
  });

  it('ends what listens at localhost, under whichever address', async () => {
    const api = await createApi({ clock: SYSTEM_CLOCK, registry: new Registry() });
    const url = await listenApi(api, { host: 'localhost' });
    expect(api.addresses()).toHaveLength(1);
    const ended = once(await client(url, ''), 'close');
    await api.close();
    await ended;
  });
});
