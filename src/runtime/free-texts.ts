import type { Kernel } from '../engine/contract.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';

/**
 * Frees the texts that no view holds, once enough new texts have been added. Call it at the end of a barrier, after its
 * changes are handed over and before rows of the sources are pushed.
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
    'freed texts that no view holds',
  );
}
