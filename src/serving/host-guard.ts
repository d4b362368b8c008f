import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ApiProblem } from './problem.ts';

/** Probes use any host name, and their responses hold no data of viewers. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const MAX_SHOWN = 100;

/**
 * Returns a hook for a server that is open without a token. A web page in a browser on this machine or its network
 * could reach the server, by pointing its own host name at this address (DNS rebinding) or by posting from another
 * origin. The hook therefore rejects with ApiProblem 403 a request for a foreign host name, and a request other than
 * GET or HEAD from a foreign origin. An IP address as host is always accepted: no foreign page can have it as its name.
 *
 * `names` are the host names of this server besides `localhost` and names that end in `.localhost`; case is ignored,
 * and they have no port.
 */
export function hostGuard(names: readonly string[]): (request: FastifyRequest) => Promise<void> {
  const ours = new Set(names.map((name) => canonical(name) ?? name.toLowerCase()));
  const isOurs = (host: string): boolean =>
    host === 'localhost' || host.endsWith('.localhost') || ours.has(host);
  return (request) => {
    const { host: header, origin } = request.headers;
    // Only HTTP/1.0 has no Host header, and no browser speaks that.
    if (header === undefined || OPEN_PATHS.has(request.url.split('?', 1)[0]!)) return Promise.resolve();
    const host = canonical(header);
    if (host === undefined || (!isOurs(host) && !isAddress(host)))
      return Promise.reject(foreignHost(header, host));
    if (origin === undefined || request.method === 'GET' || request.method === 'HEAD')
      return Promise.resolve();
    const from = URL.canParse(origin) ? canonical(new URL(origin).host) : undefined;
    if (from === undefined || (from !== host && !isOurs(from) && !isLoopback(from)))
      return Promise.reject(foreignOrigin(origin));
    return Promise.resolve();
  };
}

/** Returns the host of a Host header in canonical form, without the port; undefined if the header is not valid. */
function canonical(header: string): string | undefined {
  const url = `http://${isIP(header) === 6 ? `[${header}]` : header}`;
  if (/[/?#@\\\s]/.test(header) || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname.replace(/\.$/, '').replace(/^\[(.*)\]$/, '$1');
}

function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function foreignHost(header: string, host: string | undefined): ApiProblem {
  const shown = header.slice(0, MAX_SHOWN);
  const hint =
    host === undefined
      ? ''
      : `; to allow it, start the server with --allow-host ${shown.replace(/:\d+$/, '')}`;
  return new ApiProblem(
    'forbidden',
    403,
    `${shown} is not a host name of this server, which is open without a token${hint}`,
  );
}

function foreignOrigin(origin: string): ApiProblem {
  const detail = `pages of ${origin.slice(0, MAX_SHOWN)} may not post to this server, which is open without a token`;
  return new ApiProblem('forbidden', 403, detail);
}
