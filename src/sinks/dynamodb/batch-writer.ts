import { nowMs, type Clock } from '../../platform/clock.ts';
import { SinkError } from '../sink.ts';
import type { AcceptLedger } from './accept-ledger.ts';
import { fullJitter_ms } from '../../dynamodb/backoff.ts';
import { DynamoDbError, hintFor } from '../../dynamodb/errors.ts';
import type { BatchWriteOutput } from '../../dynamodb/wire.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { ItemError } from './item-error.ts';
import type { PendingRows } from './pending-rows.ts';
import { QUEUED, SENT, SENT_STALE } from './pending-rows.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { SlotQueue } from './slot-queue.ts';
import { unprocessedSlots, type SentItem } from './unprocessed.ts';

/** DynamoDB accepts 16 MB in a request. Each character is counted as three bytes, its maximum. */
const MAX_BATCH_CHARS = (16 * 1024 * 1024 - 65_536) / 3;
const MAX_BACKOFF_MS = 2_000;
/** Number of failed rounds in a row after which the writer pauses altogether, instead of delaying only failed items. */
const OUTAGE_AFTER = 3;

/** Counts since the writer was created. */
export interface WriterStats {
  upserts: number;
  deletes: number;
  retried: number;
  throttled: number;
  dead_letters: number;
  bytes: number;
}

/** The rounds in which a request was sent. Its failure counts only while they are current. */
interface Rounds {
  readonly limit: number;
  readonly failure: number;
}

export interface BatchWriterDeps {
  readonly sink: string;
  readonly table: string;
  readonly client: { readonly endpoint: string; batchWriteItem(body: Uint8Array): Promise<BatchWriteOutput> };
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxBatchItems: number;
  readonly maxInFlight: number;
  readonly retryBackoff_ms: number;
  readonly rows: PendingRows;
  readonly ledger: AcceptLedger;
  /** Returns the write request of a slot's newest change as wire text. Throws ItemError. */
  encode(slot: number): string;
  onDeadLetter(slot: number, error: ItemError): void;
  /** Receives problems for the operator, once per error code until a write succeeds again. */
  onProblem(error: SinkError): void;
  /** Called when a write found no table. */
  onMissingTable(): void;
}

/**
 * Delivers pending rows with BatchWriteItem: up to 25 items per request and a bounded number of requests in flight,
 * fewer while DynamoDB throttles. An item is sent again until it is acknowledged. A request that DynamoDB finds invalid
 * is halved until the bad item is alone.
 *
 * A key is in at most one request at a time. A newer change of the key waits for the answer.
 */
export class BatchWriter {
  readonly stats: WriterStats = {
    upserts: 0,
    deletes: 0,
    retried: 0,
    throttled: 0,
    dead_letters: 0,
    bytes: 0,
  };
  readonly #deps: BatchWriterDeps;
  readonly #rows: PendingRows;
  readonly #ready = new SlotQueue();
  readonly #delayed: RetrySchedule;
  readonly #limit: ConcurrencyLimit;
  /** Halves of requests that DynamoDB refused. They are sent unchanged. */
  readonly #suspects: SentItem[][] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #itemsInFlight = 0;
  /** Number of failed rounds since the last success. Requests that were sent in the same round count as one failure. */
  #failuresInARow = 0;
  #failureRound = 0;
  #pausedUntil_ms = 0;
  #cancelPause: (() => void) | undefined;
  #failing: { readonly since_ms: number; readonly error: string } | undefined;
  #reported = '';
  #open = false;

  constructor(deps: BatchWriterDeps) {
    this.#deps = deps;
    this.#rows = deps.rows;
    this.#limit = new ConcurrencyLimit(deps.maxInFlight);
    this.#delayed = new RetrySchedule(deps.clock, (slots) => {
      for (const slot of slots) this.#ready.unshift(slot);
      this.pump();
    });
  }

  /** Number of items sent and not yet answered, and of items in requests that wait to be sent in halves. */
  get itemsInFlight(): number {
    return this.#itemsInFlight;
  }

  /** Since when all writes have failed, and why; undefined while writes succeed. */
  get failing(): { readonly since_ms: number; readonly error: string } | undefined {
    return this.#failing;
  }

  /** Begins to send, first the slots that were enqueued before. */
  start(): void {
    this.#open = true;
    this.pump();
  }

  /** Takes a slot in state QUEUED. {@link pump} sends it. */
  enqueue(slot: number): void {
    this.#ready.push(slot);
  }

  /** Stops sending. Resolves when the requests in flight are answered. */
  async close(): Promise<void> {
    this.#open = false;
    this.#delayed.cancel();
    this.#cancelPause?.();
    await Promise.all(this.#inFlight);
  }

  /** Sends as many requests as the limit allows now. */
  pump(): void {
    while (this.#open && this.#inFlight.size < this.#limit.limit && !this.#paused()) {
      const items = this.#suspects.pop() ?? this.#nextBatch();
      if (items.length === 0) return;
      const sending = this.#output(items).finally(() => {
        this.#inFlight.delete(sending);
        this.pump();
      });
      this.#inFlight.add(sending);
    }
  }

  #paused(): boolean {
    const left_ms = this.#pausedUntil_ms - nowMs(this.#deps.clock);
    if (left_ms <= 0) return false;
    this.#cancelPause ??= this.#deps.clock.setTimer(left_ms, () => {
      this.#cancelPause = undefined;
      this.pump();
    });
    return true;
  }

  #nextBatch(): SentItem[] {
    const rows = this.#rows;
    const items: SentItem[] = [];
    let chars = 0;
    while (items.length < this.#deps.maxBatchItems) {
      const slot = this.#ready.shift();
      if (slot === undefined) break;
      let text: string;
      try {
        text = this.#deps.encode(slot);
      } catch (error) {
        if (!(error instanceof ItemError)) throw error;
        this.#bury(slot, error);
        continue;
      }
      if (items.length > 0 && chars + text.length > MAX_BATCH_CHARS) {
        this.#ready.unshift(slot);
        break;
      }
      chars += text.length;
      rows.state[slot] = SENT;
      items.push({ slot, text, deleted: rows.deleted[slot] === 1 });
    }
    this.#itemsInFlight += items.length;
    return items;
  }

  async #output(items: readonly SentItem[]): Promise<void> {
    const { client, table } = this.#deps;
    const sentIn: Rounds = { limit: this.#limit.round, failure: this.#failureRound };
    const texts = items.map(({ text }) => text).join(',');
    const body = Buffer.from(`{"RequestItems":{${JSON.stringify(table)}:[${texts}]}}`);
    let answer: BatchWriteOutput;
    try {
      answer = await client.batchWriteItem(body);
    } catch (error) {
      if (!(error instanceof DynamoDbError)) throw error;
      this.#failed(items, error, sentIn);
      return;
    }
    this.stats.bytes += body.length;
    this.#failuresInARow = 0;
    this.#failing = undefined;
    this.#reported = '';
    const left = unprocessedSlots(items, answer.UnprocessedItems?.[table] ?? [], this.#rows);
    for (const { slot, deleted } of items) {
      if (left.has(slot)) continue;
      if (deleted) this.stats.deletes++;
      else this.stats.upserts++;
      this.#settled(slot);
    }
    const share = left.size / items.length;
    if (left.size < items.length) this.#limit.succeeded(1 - share);
    if (left.size > 0) {
      this.stats.throttled += left.size;
      this.#limit.throttled(share, sentIn.limit);
      this.#again([...left]);
    }
  }

  #failed(items: readonly SentItem[], error: DynamoDbError, sentIn: Rounds): void {
    const { fault } = error;
    // All keys are encoded alike, so a key that does not match the schema means that the table changed.
    if (fault === 'invalid' && !/does not match the schema|Missing the key/i.test(error.message)) {
      this.#isolate(items, error);
      return;
    }
    if (sentIn.failure === this.#failureRound) {
      this.#failureRound++;
      this.#failuresInARow++;
    }
    const transient = fault === 'throttled' || fault === 'unavailable';
    const outage = !transient || this.#failuresInARow >= OUTAGE_AFTER;
    if (transient) this.#limit.throttled(1, sentIn.limit);
    if (outage) {
      const since_ms = this.#failing?.since_ms ?? nowMs(this.#deps.clock);
      this.#failing = { since_ms, error: `${error.code}: ${error.message}` };
      this.#pause();
    }
    if (fault === 'missing') this.#deps.onMissingTable();
    if (fault === 'throttled') this.stats.throttled += items.length;
    else if (outage) this.#report(error);
    this.#again(items.map(({ slot }) => slot));
  }

  #isolate(items: readonly SentItem[], error: DynamoDbError): void {
    if (items.length === 1) {
      this.#bury(items[0]!.slot, new ItemError('refused', `${error.code}: ${error.message}`));
      this.#itemsInFlight--;
      return;
    }
    const middle = items.length >> 1;
    this.stats.retried += items.length;
    this.#suspects.push(items.slice(middle), items.slice(0, middle));
  }

  /** Records that the sent change of a key is acknowledged. Queues a newer change of the key if there is one. */
  #settled(slot: number): void {
    this.#itemsInFlight--;
    this.#finish(slot);
  }

  #bury(slot: number, error: ItemError): void {
    this.stats.dead_letters++;
    this.#deps.onDeadLetter(slot, error);
    this.#finish(slot);
  }

  #finish(slot: number): void {
    const rows = this.#rows;
    const since = rows.waitingSince[slot]!;
    if (rows.state[slot] === SENT_STALE) {
      const stale = rows.staleSince[slot]!;
      this.#deps.ledger.waits(stale);
      rows.waitingSince[slot] = stale;
      rows.attempts[slot] = 0;
      rows.state[slot] = QUEUED;
      this.#ready.push(slot);
    } else {
      rows.release(slot);
    }
    this.#deps.ledger.done(since);
  }

  /** Sends the newest change of these keys again, after a backoff. */
  #again(slots: readonly number[]): void {
    const rows = this.#rows;
    let attempt = 0;
    for (const slot of slots) {
      rows.state[slot] = QUEUED;
      attempt = Math.max(attempt, rows.attempts[slot]!);
      rows.attempts[slot] = Math.min(rows.attempts[slot]! + 1, 1000);
    }
    this.#itemsInFlight -= slots.length;
    this.stats.retried += slots.length;
    this.#delayed.add(slots, this.#backoff_ms(attempt));
  }

  #pause(): void {
    const pause_ms = this.#backoff_ms(this.#failuresInARow);
    this.#pausedUntil_ms = Math.max(this.#pausedUntil_ms, nowMs(this.#deps.clock) + pause_ms);
  }

  #backoff_ms(attempt: number): number {
    const limits = { base_ms: this.#deps.retryBackoff_ms, cap_ms: MAX_BACKOFF_MS };
    return fullJitter_ms(attempt, limits, this.#deps.random);
  }

  #report(error: DynamoDbError): void {
    if (this.#reported === error.code) return;
    this.#reported = error.code;
    const { sink, table, client, onProblem } = this.#deps;
    const hint = hintFor(error, client.endpoint);
    const message = `writes to ${table} fail and are retried: ${error.code}: ${error.message}`;
    onProblem(new SinkError(sink, message, { ...(hint === undefined ? {} : { hint }), cause: error }));
  }
}
