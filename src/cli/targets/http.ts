import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, usageError } from '../errors.ts';
import type { CliIo } from '../io.ts';
import { linesOf, type EventTarget } from './target.ts';

/** Such a body has about 2 MiB; the API accepts 8 MiB. */
const EVENTS_PER_REQUEST = 8000;
const RETRY_MS = [200, 500, 1000, 2000, 5000, 10_000];
/** Before the first success the URL may be wrong: fewer retries report that sooner. */
const FIRST_RETRIES = 2;

/**
 * Opens a target that posts to /v1/sources/{source}/events of a running Freshet. Temporary failures (no connection,
 * 429, 5xx) are retried with growing delays; other failures, and the last retry, reject with CliError.
 */
export function httpTarget(io: CliIo, url: string): EventTarget {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw usageError(`not an HTTP URL: ${url}`, 'give one such as http://127.0.0.1:8080');
  }
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  if (base.username !== '' || base.password !== '') {
    throw usageError('the URL contains a user name or password', 'set FRESHET_INGEST_TOKEN instead');
  }
  const token = io.env['FRESHET_INGEST_TOKEN'] ?? '';
  const headers = {
    'content-type': 'application/x-ndjson',
    // Sent as UTF-8: `fetch` sends each character of a header as one Latin-1 byte.
    ...(token === '' ? {} : { authorization: `Bearer ${Buffer.from(token).toString('latin1')}` }),
  };

  let reached = false;
  const post = async (source: string, body: Uint8Array): Promise<void> => {
    const target = new URL(`v1/sources/${source}/events`, base);
    for (let attempt = 0; ; attempt++) {
      const failed = await tryPost(target, headers, body);
      if (failed === undefined) {
        reached = true;
        return;
      }
      const delay_ms = reached || attempt < FIRST_RETRIES ? RETRY_MS[attempt] : undefined;
      if (!failed.retry || delay_ms === undefined || io.signal.aborted) {
        throw new CliError(`${target.href} ${failed.message}`, { hint: failed.hint });
      }
      await sleep(delay_ms, undefined, { signal: io.signal }).catch(() => undefined);
    }
  };
  return {
    send: async (batch) => {
      for (let from = 0; from < batch.count; from += EVENTS_PER_REQUEST) {
        const count = Math.min(EVENTS_PER_REQUEST, batch.count - from);
        const part = {
          ...batch,
          starts: batch.starts.subarray(from),
          ends: batch.ends.subarray(from),
          count,
        };
        await post(batch.source, linesOf(part));
      }
    },
    close: () => Promise.resolve(),
  };
}

interface Failed {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retry: boolean;
}

async function tryPost(
  url: URL,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<Failed | undefined> {
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', headers, body });
  } catch {
    return {
      message: 'does not answer',
      hint: 'check that freshet dev or run is running there',
      retry: true,
    };
  }
  const text = await response.text();
  if (response.status === 202) return undefined;
  const hint =
    response.status === 401
      ? 'set FRESHET_INGEST_TOKEN to the ingest token of that server'
      : response.status === 404
        ? 'the simulator makes events of viewers; give the address of a pipeline with the sources that it has'
        : undefined;
  const retry = response.status === 429 || response.status >= 500;
  return { message: `answered ${response.status}: ${text.slice(0, 200)}`, hint, retry };
}
