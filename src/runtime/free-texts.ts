import type { Kernel } from '../engine/contract.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';

/**
 * Takes texts that no view holds out of memory, if enough came to be worth it. To be called at the end of a barrier,
 * when its changes are handed over and nothing was taken from the sources since.
 */
export function freeTexts({
  kernel,
  metrics,
  log,
}: {
  readonly kernel: Kernel;
  readonly metrics: RuntimeMetrics;
  readonly log: Log;
}): void {
  if (!kernel.pool.wantsSweep) return;
  const freed = kernel.sweepTexts();
  metrics.textsFreed.inc(freed);
  log.debug(
    { freed, held: kernel.pool.size, bytes: kernel.pool.bytesUsed },
    'texts that no view holds are freed',
  );
}
