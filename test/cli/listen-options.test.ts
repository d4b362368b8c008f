import { expect, it } from 'vitest';
import { exposureWarning } from '../../src/cli/listen-options.ts';

const on = (host: string) => ({ host, port: 8080 });

it.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])('does not warn about %s', (host) => {
  expect(exposureWarning(on(host), {}, true)).toBeUndefined();
});

it('warns what anyone on the network can do without a token', () => {
  const tokens = { FRESHET_READ_TOKEN: 'a', FRESHET_INGEST_TOKEN: 'b' };
  expect(exposureWarning(on('0.0.0.0'), {}, true)).toBe(
    'anyone who can reach 0.0.0.0 can read profiles and post events; set FRESHET_READ_TOKEN and FRESHET_INGEST_TOKEN to require a token',
  );
  expect(exposureWarning(on('::'), { ...tokens, FRESHET_INGEST_TOKEN: '' }, true)).toBe(
    'anyone who can reach :: can post events; set FRESHET_INGEST_TOKEN to require a token',
  );
  expect(exposureWarning(on('::'), { FRESHET_READ_TOKEN: 'a' }, false)).toBeUndefined();
  expect(exposureWarning(on('10.0.0.1'), tokens, true)).toBeUndefined();
});
