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
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';
import type { RecoveryReport } from './status.ts';
import { FreshetError } from '../values/freshet-error.ts';

export interface RecoveredState {
  readonly report: RecoveryReport;
  /** The highest epoch that any sink may have seen. */
  readonly epoch: number;
  /** Destinations that have every row of their view. */
  readonly destinations: DestinationsOnRecord;
  /** What the checkpoint says of commit sinks; undefined if none was restored. */
  readonly commits: RestoredCommits | undefined;
  readonly positions: Manifest['positions'];
  /** Kept over a rebuild: which file is which does not depend on the plan. */
  readonly memos: Manifest['memos'];
  readonly lost: Manifest['lost'];
  /** The views lack rows that the destinations have, until the sources have caught up. */
  readonly rebuilding: boolean;
}

/** The items stay: the sink may have been renamed, or moved to another pipeline, and they are still in use. */
const LEFT_HINT =
  'a sink with the same table and constant sort key takes them over; to delete them, put the sink back over a view ' +
  'without rows, run until its delivery is live, and take it out again';

interface Found {
  readonly kind: RecoveryReport['kind'];
  readonly manifest: Manifest | undefined;
  readonly pending: PendingKeys;
  readonly skipped: RecoveryReport['skipped'];
  readonly reason?: string | undefined;
}

/**
 * Restores the kernel from the newest checkpoint that is whole and of this plan, and the keys that await redelivery.
 * Without such a checkpoint the kernel stays empty and sources are read from their start. The report says which of
 * these happened, and why.
 */
export async function recoverState(options: {
  store: CheckpointStore;
  deliveryLog: DeliveryLog;
  kernel: Kernel;
  delivery: KeyedDelivery;
  /** Of the pipeline's sinks. */
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
    log.warn({ sinks: unknown }, 'keys were left to deliver by sinks that are no longer there');
  for (const left of leftBehind(found.manifest?.sinks ?? new Map(), options.sinkNames))
    log.warn({ ...left, hint: LEFT_HINT }, 'a sink is no longer in the SQL; the items that it wrote stay');
  const report: RecoveryReport = {
    kind: found.kind,
    checkpoint: restored?.id,
    reason: found.reason,
    skipped: found.skipped,
    redelivered: options.delivery.pendingRedelivery,
  };
  const hint = 'every sink gets all rows of its view again, and what no row stands for is deleted';
  for (const damage of handed.damaged)
    log.error(
      { ...damage, hint },
      'the delivery log is damaged: which keys it had handed to sinks is not known',
    );
  const isGone = restored !== undefined && handed.isGone;
  if (isGone)
    log.error(
      { hint },
      'the delivery log is gone: which keys were handed to sinks since the checkpoint is not known',
    );
  const isSure = handed.damaged.length === 0 && !isGone;
  // Destinations may have seen epochs of a later checkpoint that is damaged.
  const isNewest = restored !== undefined && found.skipped.length === 0;
  for (const { id, reason } of found.skipped)
    log.error({ checkpoint: id, reason }, 'a damaged checkpoint was passed over');
  const fields = { ...report, epoch: restored?.epoch, now_us: kernel.now_us };
  if (found.kind === 'rebuilt')
    log.warn(fields, 'all views are computed again, from what the sources retain');
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

/** Sinks that a checkpoint knows and the pipeline lacks: nobody maintains what they wrote. */
function leftBehind(
  known: Manifest['sinks'],
  sinkNames: readonly string[],
): readonly { readonly sink: string; readonly destination: string }[] {
  return [...known]
    .map(([id, destination]) => ({ sink: id.replace(/\([^(]*\)$/, ''), destination }))
    .filter(({ sink }) => !sinkNames.includes(sink));
}

/**
 * The first epoch of a new state: milliseconds since 1970. A lost state began earlier and ran less than one barrier a
 * millisecond, so that versions of items keep rising.
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
    const reason = skipped.length === 0 ? undefined : 'no checkpoint is whole';
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
      `checkpoint ${checkpoint.manifest.id} is whole but cannot be restored: ${messageOf(error)}`,
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
