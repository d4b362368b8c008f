import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../house/files.ts';

/** Long enough for the first start in a checkout, which compiles. */
const START_WITHIN_MS = 300_000;
const END_WITHIN_MS = 120_000;

/** A running `freshet dev`, in a process and a state folder of its own. */
export interface DevServer {
  readonly url: string;
  /** Stops it with Ctrl-C and removes its state. Resolves to the exit code, or null if it had to be killed. */
  stop(): Promise<number | null>;
}

/** Starts `freshet dev`. Resolves when it serves; rejects with its output if it ends or takes too long. */
export async function startDev(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
  pipeline = 'pipelines/viewer-engagement',
): Promise<DevServer> {
  const state = mkdtempSync(join(tmpdir(), 'freshet-page-'));
  const argv = ['bin/freshet.js', 'dev', pipeline, '--state', state, '--port', '0'];
  const child = spawn(process.execPath, [...argv, ...flags], {
    cwd: ROOT,
    env: { ...withoutAws(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const stop = async () => {
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    const code = await ended;
    clearTimeout(timer);
    rmSync(state, { recursive: true, force: true });
    return code;
  };
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    const url = /page +(\S+)\/\n/.exec(printed)?.[1];
    if (url !== undefined) return { url, stop };
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      const code = await stop();
      throw new Error(`freshet dev is not serving (exit code ${code}): ${printed}`);
    }
    await sleep(50);
  }
}

/** Removes AWS variables, which would make `dev` write to another DynamoDB, and tokens. */
function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^AWS_|^FRESHET_.*_TOKEN$/.test(name)));
}
