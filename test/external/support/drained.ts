import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningPipeline } from './freshet.ts';

/** Returns the sum of a metric over all labels. */
export const sumOf = (metrics: ReadonlyMap<string, number>, name: string): number =>
  [...metrics].reduce((sum, [key, value]) => (key.startsWith(`${name}{`) ? sum + value : sum), 0);

/** Waits until a condition holds. Rejects with the process's stderr if that takes too long. */
export async function until(
  what: string,
  isTrue: () => Promise<boolean>,
  stderr: () => string | undefined,
): Promise<void> {
  const deadline = Date.now() + 240_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`timed out waiting until ${what}: ${stderr()}`);
    await sleep(50);
  }
}

/** Returns whether no source lags and no write waits, now and two barriers later. */
export async function drained(pipeline: RunningPipeline): Promise<boolean> {
  const idleAt = async (): Promise<number | undefined> => {
    if (!(await fetch(`${pipeline.url}/readyz`)).ok) return undefined;
    const metrics = await pipeline.metrics();
    const waiting = ['freshet_source_lag_records', 'freshet_sink_queued', 'freshet_sink_in_flight'];
    return waiting.every((name) => sumOf(metrics, name) === 0)
      ? metrics.get('freshet_pipeline_epoch')
      : undefined;
  };
  const epoch = await idleAt();
  if (epoch === undefined) return false;
  await sleep(300);
  return ((await idleAt()) ?? epoch) >= epoch + 2;
}
