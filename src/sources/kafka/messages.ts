import type { RecordBatch } from '../source.ts';
import { PADDING } from '../split.ts';

/** A message as kafkajs decodes it from a fetch response. Message formats before version 2 have no `batchContext`. */
export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord?: boolean | undefined;
  readonly batchContext?:
    | {
        readonly firstOffset: string;
        readonly lastOffsetDelta: number;
        readonly producerId: string;
        readonly inTransaction: boolean;
      }
    | undefined;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly abortedTransactions?:
    | readonly { readonly producerId: string; readonly firstOffset: string }[]
    | undefined;
  readonly messages: readonly FetchedMessage[];
}

/** A batch of records of one partition, with their offsets as numbers. */
export interface KafkaBatch extends Omit<RecordBatch, 'split' | 'offsetOf' | 'nextOffset' | 'advance'> {
  readonly partition: number;
  readonly offsets: Float64Array;
  /** The position at which the batch begins, and the position after it. */
  readonly from: number;
  readonly next: number;
}

/** Key of the control record that aborts a transaction: two 16-bit integers, version 0 and type 0. */
const ABORT = Buffer.from([0, 0, 0, 0]);

/**
 * Copies the records of a fetched partition from `position` on into one buffer. Leaves out control records, records of
 * aborted transactions, and records before `position`, which arrive because brokers send compressed batches whole.
 * Returns undefined if the broker sent nothing. A batch of count 0 only advances the position.
 */
export function toKafkaBatch(fetched: FetchedPartition, position: number): KafkaBatch | undefined {
  const last = fetched.messages.at(-1);
  if (last === undefined) return undefined;
  const kept = committed(fetched).filter((message) => Number(message.offset) >= position);
  let size = 0;
  for (const { value } of kept) size += value?.length ?? 0;
  const bytes = new Uint8Array(size + PADDING);
  const starts = new Int32Array(kept.length);
  const ends = new Int32Array(kept.length);
  const offsets = new Float64Array(kept.length);
  const timestamps_us = new Float64Array(kept.length);
  let at = 0;
  let timed = true;
  kept.forEach(({ offset, timestamp, value }, i) => {
    starts[i] = at;
    if (value !== null) {
      bytes.set(value, at);
      at += value.length;
    }
    ends[i] = at;
    offsets[i] = Number(offset);
    timestamps_us[i] = Number(timestamp) * 1000;
    if (!(timestamps_us[i]! >= 0)) timed = false; // -1 stands for no timestamp
  });
  return {
    partition: fetched.partition,
    bytes,
    starts,
    ends,
    count: kept.length,
    offsets,
    from: position,
    next: Math.max(position, lastOffset(last) + 1),
    timestamps_us: timed ? timestamps_us : undefined,
    keys: kept.map(({ key }) => key),
  };
}

/** Returns the last offset of the message's whole batch, whose last records may have been compacted away. */
function lastOffset({ offset, batchContext }: FetchedMessage): number {
  if (batchContext === undefined) return Number(offset);
  return Math.max(Number(offset), Number(batchContext.firstOffset) + batchContext.lastOffsetDelta);
}

/** Returns the messages without control records and without records of aborted transactions. */
function committed({ messages, abortedTransactions }: FetchedPartition): readonly FetchedMessage[] {
  const coming = [...(abortedTransactions ?? [])].sort(
    (a, b) => Number(a.firstOffset) - Number(b.firstOffset),
  );
  const aborted = new Set<string>();
  return messages.filter((message) => {
    while (coming.length > 0 && Number(message.offset) >= Number(coming[0]!.firstOffset)) {
      aborted.add(coming.shift()!.producerId);
    }
    const producer = message.batchContext?.producerId ?? '';
    if (message.isControlRecord === true) {
      if (message.key !== null && ABORT.equals(message.key)) aborted.delete(producer);
      return false;
    }
    return !(message.batchContext?.inTransaction === true && aborted.has(producer));
  });
}

/** Returns the records [from, to) of a batch. Shares its bytes. */
export function sliceBatch(batch: KafkaBatch, from: number, to: number): KafkaBatch {
  if (from === 0 && to === batch.count) return batch;
  return {
    ...batch,
    starts: batch.starts.subarray(from, to),
    ends: batch.ends.subarray(from, to),
    offsets: batch.offsets.subarray(from, to),
    timestamps_us: batch.timestamps_us?.subarray(from, to),
    keys: batch.keys?.slice(from, to),
    count: to - from,
    from: from === 0 ? batch.from : batch.offsets[from]!,
    next: to === batch.count ? batch.next : batch.offsets[to]!,
  };
}

/** Converts a batch to the form that every source delivers. */
export function asRecordBatch({ partition, offsets, from, next, ...records }: KafkaBatch): RecordBatch {
  return {
    ...records,
    split: String(partition),
    offsetOf: (record) => String(offsets[record]),
    nextOffset: String(next),
    advance: next - from,
  };
}
