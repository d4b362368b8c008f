import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { namesLike, parsePort } from './args.ts';
import { parsed, text, type Values } from './command.ts';
import type { CliIo } from './io.ts';

/** Options of every command that serves the HTTP API: where it listens. */
export const LISTEN_FLAGS = {
  port: parsed('<port>', 'port of the HTTP API; 0 takes a free one', parsePort, 8080),
  host: text('<address>', 'address to listen on; 0.0.0.0 opens it to the network', '127.0.0.1'),
  allowHost: parsed(
    '<names>',
    'other names of this server, separated by commas; without a token it answers under its own only',
    namesLike('profiles.internal,profiles'),
  ),
};
export type ListenFlags = Values<typeof LISTEN_FLAGS>;

/** The names under which the API is reached; that of the machine is one. */
export function hostsOf({ host, allowHost = [] }: ListenFlags): readonly string[] {
  return [host, hostname(), ...allowHost];
}

/** Rejects as listening will, if it will: asked before anything is changed or waited for. */
export async function ensureFree({ host, port }: ListenFlags): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

/** What others on the network can do to an API that is open to them without tokens; undefined if it is not. */
export function exposureWarning(
  { host }: ListenFlags,
  env: CliIo['env'],
  takesEvents: boolean,
): string | undefined {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return undefined;
  const names = ['FRESHET_READ_TOKEN', ...(takesEvents ? ['FRESHET_INGEST_TOKEN'] : [])];
  const open = names.filter((name) => (env[name] ?? '') === '');
  if (open.length === 0) return undefined;
  const what = open.map((name) => (name === 'FRESHET_READ_TOKEN' ? 'read profiles' : 'post events'));
  return `anyone who can reach ${host} can ${what.join(' and ')}; set ${open.join(' and ')}`;
}
