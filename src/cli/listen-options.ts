import type { Command } from 'commander';
import { parsePort } from './args.ts';

/** Where the HTTP API listens, for every command that serves it. */
export interface ListenFlags {
  readonly host: string;
  readonly port: number;
}

export function addListenOptions(command: Command): Command {
  return command
    .option('--port <port>', 'port of the HTTP API; 0 takes a free one', parsePort, 8080)
    .option('--host <address>', 'address to listen on; 0.0.0.0 opens it to the network', '127.0.0.1');
}
