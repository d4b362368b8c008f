import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenApi } from '../../src/serving/api.ts';
import { tokensFromEnv } from '../../src/serving/auth.ts';
import { openProfiles, type Profiles } from './support.ts';

let profiles: Profiles;
const open: FastifyInstance[] = [];
beforeAll(async () => {
  profiles = await openProfiles();
});
afterAll(async () => {
  for (const app of open) await app.close();
  await profiles.close();
});

/** Sends a profile request with the raw bytes of an Authorization header. Returns its status. */
async function ask(port: number, authorization: Buffer): Promise<string> {
  const head =
    'GET /v1/viewers/1/profile HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: ';
  let answer = '';
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(Buffer.concat([Buffer.from(head), authorization, Buffer.from('\r\n\r\n')]));
  });
  for await (const chunk of socket) answer += String(chunk);
  return answer.split(' ')[1]!;
}

describe('a bearer token', () => {
  it.each(['plain', 'größer', '秘密', '🔑 with space', 'ÿ'])(
    '%s is accepted as its UTF-8 bytes',
    async (token) => {
      const app = await profiles.api({ options: { tokens: { read: token } } });
      open.push(app);
      const port = Number(new URL(await listenApi(app)).port);
      const bearer = Buffer.from('Bearer ');
      const utf8 = Buffer.concat([bearer, Buffer.from(token)]);
      expect(await ask(port, utf8)).toBe('404'); // the token is accepted, the profile does not exist
      for (const wrong of [
        utf8.subarray(0, -1),
        Buffer.concat([utf8, Buffer.from('x')]),
        Buffer.from(`Bearer ${token}é`),
      ])
        expect(await ask(port, wrong)).toBe('401');
    },
  );

  it.each(['größer', 'ÿ'])('%s is also accepted in Latin-1, as `fetch` sends it', async (token) => {
    const app = await profiles.api({ options: { tokens: { read: token } } });
    open.push(app);
    const url = await listenApi(app);
    const read = (sent: string) =>
      fetch(`${url}/v1/viewers/1/profile`, { headers: { authorization: `Bearer ${sent}` } });
    expect((await read(token)).status).toBe(404);
    expect((await read(`${token}x`)).status).toBe(401);
  });
});

describe('tokens from the environment', () => {
  it('are unset when empty', () => {
    expect(tokensFromEnv({ FRESHET_READ_TOKEN: 'a', FRESHET_INGEST_TOKEN: '' })).toEqual({
      read: 'a',
      ingest: undefined,
    });
  });

  it.each([
    ['secret\n', 'begins or ends with white space'],
    ['\u00a0secret', 'begins or ends with white space'],
    ['sec\nret', 'contains a line break or another control character'],
    ['sec\u0000ret', 'contains a line break or another control character'],
  ])('%j is refused at the start, and the message does not show it', (token, fault) => {
    let message = '';
    try {
      tokensFromEnv({ FRESHET_INGEST_TOKEN: token });
    } catch (error) {
      message = String(error);
    }
    expect(message).toBe(`FreshetError: FRESHET_INGEST_TOKEN ${fault}; no client can send such a token`);
  });
});
