import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { namesLike, parsePort } from './args.ts';
import { parsed, text, type Values } from './command.ts';
import type { CliIo } from './io.ts';

/** Options of every command that serves the HTTP API. */
export const LISTEN_FLAGS = {
  port: parsed('<port>', 'port of the HTTP API; 0 picks a free one', parsePort, 8080),
  host: text('<address>', 'address to listen on; 0.0.0.0 accepts connections from the network', '127.0.0.1'),
  allowHost: parsed(
    '<names>',
    'more host names of this server, separated by commas; an API open without a token refuses unknown names',
    namesLike('profiles.internal,profiles'),
  ),
};
export type ListenFlags = Values<typeof LISTEN_FLAGS>;

/** Returns the names that the API answers to: its address, the machine's name, and those of `--allow-host`. */
export function hostsOf({ host, allowHost = [] }: ListenFlags): readonly string[] {
  return [host, hostname(), ...allowHost];
}

/** Rejects if the address cannot be listened on. Called before any change or wait, so that such a start fails early. */
export async function ensureFree({ host, port }: Pick<ListenFlags, 'host' | 'port'>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

/** Returns a warning that says what anyone on the network can do without a token; undefined if nothing. */
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
  return `anyone who can reach ${host} can ${what.join(' and ')}; set ${open.join(' and ')} to require a token`;
}
