import { Writable } from 'node:stream';
import type { Log } from '../runtime/log.ts';
import { showsColour, type CliIo } from './io.ts';
import type { Progress } from './progress.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** True for a readable line per message, false for JSON lines. */
  readonly pretty: boolean;
  /** Cleared before a line is printed. */
  readonly progress?: Progress | undefined;
}

/** Creates a log that writes to stderr. */
export async function createLog(io: CliIo, { level, pretty, progress }: LogOptions): Promise<Log> {
  const { pino } = await import('pino');
  const out = new Writable({
    write: (chunk: Buffer, _, done) => {
      progress?.clear();
      io.stderr.write(chunk, () => done());
    },
  });
  if (!pretty) {
    const log: Log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, out);
    return log;
  }
  const { default: prettyStream } = await import('pino-pretty');
  const stream = prettyStream({
    destination: out,
    colorize: showsColour(io.stderr, io.env),
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
    singleLine: true,
  });
  const log: Log = pino({ level }, stream);
  return log;
}
