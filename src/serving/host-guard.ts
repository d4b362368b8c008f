import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ApiProblem } from './problem.ts';

/** Probes come under any name, and their answers hold nothing of anybody. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const MAX_SHOWN = 100;

/**
 * A hook for a server that is open without a token. A browser on this machine, or in its network, reaches it too, so a
 * web page that somebody reads there could ask it: by giving its own name the address of this server (DNS rebinding),
 * or by posting from another origin. So requests are for a name that is ours, and what is sent by a browser comes from
 * a page of ours. An address is no name that a page could have been given, and needs no entry.
 *
 * `names`: those of this server besides `localhost` and what ends in `.localhost`, in any case, without a port.
 */
export function hostGuard(names: readonly string[]): (request: FastifyRequest) => Promise<void> {
  const ours = new Set(names.map((name) => canonical(name) ?? name.toLowerCase()));
  const isOurs = (host: string): boolean =>
    host === 'localhost' || host.endsWith('.localhost') || ours.has(host);
  return (request) => {
    const { host: header, origin } = request.headers;
    // HTTP/1.0 has none; no browser speaks that.
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

/** The host of a Host header in its one form, without the port; undefined for what is none. */
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
  const wayOut =
    host === undefined ? '' : `; if it is one, start it with --allow-host ${shown.replace(/:\d+$/, '')}`;
  return new ApiProblem(
    'forbidden',
    403,
    `${shown} is no name of this server, which is open without a token${wayOut}`,
  );
}

function foreignOrigin(origin: string): ApiProblem {
  const detail = `pages of ${origin.slice(0, MAX_SHOWN)} may not post here, as this server is open without a token`;
  return new ApiProblem('forbidden', 403, detail);
}
