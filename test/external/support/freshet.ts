import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../house/files.ts';

/** Long enough for the first start in a checkout, which compiles. */
const START_WITHIN_MS = 300_000;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `freshet` command in a process of its own, as a user starts it. */
export interface FreshetProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
  stderr(): string;
}

/** Starts a command with `env` and PATH only, so that no AWS or Kafka variables of this machine apply. */
export function startFreshet(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): FreshetProcess {
  const child = spawn(process.execPath, ['bin/freshet.js', ...argv], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
    });
  }
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, ...printed }));
  });
  return { child, ended, stderr: () => printed.stderr };
}

/** A running `freshet run` or `freshet sink` that serves at `url`. */
export interface RunningPipeline {
  readonly url: string;
  stderr(): string;
  /** Returns the Prometheus metrics, keyed by name and labels as in the exposition text. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Ends it with SIGKILL, as a crash does. */
  kill(): Promise<void>;
  /** Stops it with SIGTERM, as a service manager does. */
  stop(): Promise<Finished>;
}

/** Starts `freshet run`. Resolves when it serves; rejects with its stderr if it ends or takes too long. */
export function startRun(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningPipeline> {
  return startServing(['run', ...argv], env);
}

/** Starts a command that serves. Resolves when it does; rejects with its stderr if it ends or takes too long. */
export async function startServing(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningPipeline> {
  const { child, ended, stderr } = startFreshet([...argv, '--port', '0'], env);
  const end = async (signal: NodeJS.Signals): Promise<Finished> => {
    child.kill(signal);
    return ended;
  };
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    const url = /"url":"([^"]+)"/.exec(stderr())?.[1];
    if (url !== undefined) {
      return {
        url,
        stderr,
        metrics: () => scrape(url),
        kill: async () => {
          await end('SIGKILL');
        },
        stop: () => end('SIGTERM'),
      };
    }
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      await end('SIGKILL');
      throw new Error(`freshet ${argv[0]} is not serving: ${stderr()}`);
    }
    await sleep(30);
  }
}

async function scrape(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}
