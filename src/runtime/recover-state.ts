import { join } from 'node:path';
import type { Kernel } from '../engine/contract.ts';
import { planChange } from '../engine/fingerprint.ts';
import type { CheckpointStore, Recovery } from '../storage/checkpoint-store.ts';
import type { DeliveryLog } from '../storage/delivery-log.ts';
import { FingerprintError } from '../storage/errors.ts';
import type { Manifest } from '../storage/manifest.ts';
import type { PendingKeys } from '../storage/pending-keys.ts';
import type { RestoredCommits } from './commit-delivery.ts';
import type { KeyedDelivery, DestinationsOnRecord } from './keyed-delivery.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from './log.ts';
import type { RecoveryReport } from './status.ts';
import { FreshetError } from '../values/freshet-error.ts';

export interface RecoveredState {
  readonly report: RecoveryReport;
  /** The highest epoch that any sink may have seen. */
  readonly epoch: number;
  /** Destinations of keyed sinks that have received every row of their view. */
  readonly destinations: DestinationsOnRecord;
  /** The commit sinks' part of the checkpoint; undefined if none was restored. */
  readonly commits: RestoredCommits | undefined;
  readonly positions: Manifest['positions'];
  /** Kept across a rebuild, because the identity of files does not depend on the plan. */
  readonly memos: Manifest['memos'];
  readonly lost: Manifest['lost'];
  /** True if the views lack rows that the destinations hold, until the sources have caught up. */
  readonly rebuilding: boolean;
}

/** Items of a removed sink are kept, because it may have been renamed or moved to another pipeline that uses them. */
const LEFT_HINT =
  'a new sink with the same table and constant sort key takes the items over; to delete them, create the sink again ' +
  'on a view without rows, run the pipeline until its delivery is live, and remove it';

interface Found {
  readonly kind: RecoveryReport['kind'];
  readonly manifest: Manifest | undefined;
  readonly pending: PendingKeys;
  readonly skipped: RecoveryReport['skipped'];
  readonly reason?: string | undefined;
}

/**
 * Restores the kernel from the newest intact checkpoint, if this plan wrote it, and the keys that await redelivery.
 * Otherwise the kernel stays empty and the sources are read from their start. The report says which of these happened
 * and why.
 */
export async function recoverState(options: {
  store: CheckpointStore;
  deliveryLog: DeliveryLog;
  kernel: Kernel;
  delivery: KeyedDelivery;
  /** Names of the pipeline's sinks. */
  sinkNames: readonly string[];
  log: Log;
  directory: string;
  /** The machine's clock. */
  now_us: number;
}): Promise<RecoveredState> {
  const { kernel, log } = options;
  const found = await find(options);
  const restored = found.kind === 'restored' ? found.manifest : undefined;
  const stored = found.manifest?.epoch ?? 0;
  const handed = await options.deliveryLog.recover(stored);
  const unknown = options.delivery.restore(found.pending, handed.keys);
  if (unknown.length > 0)
    log.warn({ sinks: unknown }, 'sinks with undelivered keys are no longer in the SQL');
  for (const left of leftBehind(found.manifest?.sinks ?? new Map(), options.sinkNames))
    log.warn(
      { ...left, hint: LEFT_HINT },
      'a sink is no longer in the SQL; the items that it wrote are kept',
    );
  const report: RecoveryReport = {
    kind: found.kind,
    checkpoint: restored?.id,
    reason: found.reason,
    skipped: found.skipped,
    redelivered: options.delivery.pendingRedelivery,
  };
  const hint =
    'every sink with a primary_key receives all rows of its view again, and items without a row are deleted';
  for (const damage of handed.damaged)
    log.error(
      { ...damage, hint },
      'the delivery log is damaged: some keys handed to sinks since the checkpoint are unknown',
    );
  const isGone = restored !== undefined && handed.isGone;
  if (isGone)
    log.error(
      { hint },
      'the delivery log is missing: the keys handed to sinks since the checkpoint are unknown',
    );
  const isSure = handed.damaged.length === 0 && !isGone;
  // Destinations may have seen epochs of a later checkpoint that is damaged.
  const isNewest = restored !== undefined && found.skipped.length === 0;
  for (const { id, reason } of found.skipped)
    log.error({ checkpoint: id, reason }, 'skipped a damaged checkpoint');
  const fields = { ...report, epoch: restored?.epoch, now_us: kernel.now_us };
  if (found.kind === 'rebuilt') log.warn(fields, 'recomputing all views from what the sources retain');
  else if (found.kind === 'restored') log.info(fields, 'state restored');
  return {
    report,
    epoch: Math.max(stored, handed.lastEpoch, isSure && isNewest ? 0 : firstEpoch(options.now_us)),
    destinations:
      restored && isSure
        ? { known: restored.sinks, clearing: restored.clearing }
        : { known: new Map(), clearing: new Map() },
    commits: restored && { epoch: restored.epoch, sinks: restored.sinks, tokens: restored.commits },
    positions: restored?.positions ?? new Map(),
    memos: found.manifest?.memos ?? new Map(),
    lost: restored?.lost ?? new Map(),
    rebuilding: restored?.rebuilding ?? true,
  };
}

/** Returns the sinks that a checkpoint knows and the pipeline lacks; their items are no longer maintained. */
function leftBehind(
  known: Manifest['sinks'],
  sinkNames: readonly string[],
): readonly { readonly sink: string; readonly destination: string }[] {
  return [...known]
    .map(([id, destination]) => ({ sink: id.replace(/\([^(]*\)$/, ''), destination }))
    .filter(({ sink }) => !sinkNames.includes(sink));
}

/**
 * Returns the first epoch of a new state: milliseconds since 1970. A lost state began earlier and took less than one
 * barrier per millisecond, so versions of items keep increasing.
 */
function firstEpoch(now_us: number): number {
  return Math.max(0, Math.floor(now_us / 1000));
}

async function find(options: { store: CheckpointStore; kernel: Kernel; directory: string }): Promise<Found> {
  let recovery: Recovery;
  try {
    recovery = await options.store.recover(options.kernel.fingerprint);
  } catch (error) {
    if (!(error instanceof FingerprintError)) throw error;
    const { manifest, pending } = error;
    const reason = planChange(manifest.fingerprint, options.kernel.fingerprint);
    return { kind: 'rebuilt', manifest, pending, skipped: [], reason };
  }
  const { checkpoint, skipped } = recovery;
  if (checkpoint === undefined) {
    const reason = skipped.length === 0 ? undefined : 'no checkpoint is intact';
    return {
      kind: reason === undefined ? 'fresh' : 'rebuilt',
      manifest: undefined,
      pending: new Map(),
      skipped,
      reason,
    };
  }
  try {
    options.kernel.restore(checkpoint.state);
  } catch (error) {
    throw new FreshetError(
      'checkpoint_unusable',
      `checkpoint ${checkpoint.manifest.id} is intact but cannot be restored: ${messageOf(error)}`,
      {
        hint:
          `run the version that wrote it, or move ${join(options.directory, 'checkpoints')} away ` +
          'to rebuild the views from what the sources retain',
        cause: error,
      },
    );
  }
  return { kind: 'restored', manifest: checkpoint.manifest, pending: checkpoint.pending, skipped };
}
