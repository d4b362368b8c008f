import type { Clock } from '../../platform/clock.ts';
import { SinkError } from '../sink.ts';
import type { AcceptLedger } from './accept-ledger.ts';
import { fullJitter_ms } from '../../dynamodb/backoff.ts';
import { DynamoDbError, hintFor } from '../../dynamodb/errors.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { refusedItem, type ItemError } from './item-error.ts';
import { Outage } from './outage.ts';
import { OutgoingWrites } from './outgoing-writes.ts';
import type { PendingRows } from './pending-rows.ts';
import { ACKNOWLEDGED, FAILED, QUEUED, REFUSED, SENT, SENT_STALE } from './pending-rows.ts';
import { RetrySchedule } from './retry-schedule.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { SentWrite } from './sent-write.ts';
import type { Answer, Transport } from './transport.ts';

const MAX_BACKOFF_MS = 2_000;

/** Counts since the writer was created. */
export interface WriterStats {
  upserts: number;
  deletes: number;
  retried: number;
  throttled: number;
  dead_letters: number;
  superseded: number;
  bytes: number;
}

/** The rounds in which a request was sent. Its failure counts only while they are current. */
interface Rounds {
  readonly limit: number;
  readonly outage: number;
}

export interface RowWriterDeps {
  readonly sink: string;
  readonly table: string;
  readonly endpoint: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxInFlight: number;
  readonly retryBackoff_ms: number;
  readonly rows: PendingRows;
  readonly ledger: AcceptLedger;
  readonly encoder: Pick<RowEncoder, 'encode'>;
  onDeadLetter(slot: number, error: ItemError): void;
  /** Called when a row is acknowledged that left a tombstone, before its slot is freed, unless a newer change waits. */
  onTombstone(slot: number): void;
  /** Receives problems for the operator, once per error code until a write succeeds again. */
  onProblem(error: SinkError): void;
  /** Called when a write found no table. */
  onMissingTable(): void;
  /** Called when, for the first time, a write had no effect because the item has a newer version of the row. */
  onSuperseded(): void;
}

/**
 * Delivers pending rows with a bounded number of requests in flight, fewer while DynamoDB throttles. A write is sent
 * again until it is acknowledged. A request of several writes that DynamoDB finds invalid is halved until the bad one
 * is alone.
 *
 * The writes of a row are in flight once at a time. A newer change of the row waits for all their answers.
 */
export class RowWriter {
  readonly stats: WriterStats = {
    upserts: 0,
    deletes: 0,
    retried: 0,
    throttled: 0,
    dead_letters: 0,
    superseded: 0,
    bytes: 0,
  };
  readonly #deps: RowWriterDeps;
  readonly #rows: PendingRows;
  readonly #outgoing: OutgoingWrites;
  readonly #delayed: RetrySchedule;
  readonly #limit: ConcurrencyLimit;
  readonly #outage: Outage;
  readonly #inFlight = new Set<Promise<void>>();
  #rowsInFlight = 0;
  #reported = '';
  #open = false;

  constructor(deps: RowWriterDeps) {
    this.#deps = deps;
    this.#rows = deps.rows;
    this.#limit = new ConcurrencyLimit(deps.maxInFlight);
    this.#outgoing = new OutgoingWrites({
      rows: deps.rows,
      encoder: deps.encoder,
      onEncoded: (slot, errors, writes) => this.#encoded(slot, errors, writes),
    });
    this.#outage = new Outage(
      deps.clock,
      (attempt) => this.#backoff_ms(attempt),
      () => this.pump(),
    );
    this.#delayed = new RetrySchedule(deps.clock, (slots) => {
      this.#outgoing.pushFirst(slots);
      this.pump();
    });
  }

  /** Number of rows that are encoded and not yet answered. */
  get rowsInFlight(): number {
    return this.#rowsInFlight;
  }

  /** Since when all writes have failed, and why; undefined while writes succeed. */
  get failing(): { readonly since_ms: number; readonly error: string } | undefined {
    return this.#outage.failing;
  }

  /** Begins to send, first the slots that were enqueued before. */
  start(): void {
    this.#open = true;
    this.pump();
  }

  /** Takes a slot in state QUEUED. {@link pump} sends it. */
  enqueue(slot: number): void {
    this.#outgoing.push(slot);
  }

  /** Stops sending. Resolves when the requests in flight are answered. */
  async close(): Promise<void> {
    this.#open = false;
    this.#delayed.cancel();
    this.#outage.close();
    await Promise.all(this.#inFlight);
  }

  /** Sends as many requests as the limit allows now. */
  pump(): void {
    while (this.#open && this.#inFlight.size < this.#limit.limit && !this.#outage.isPaused()) {
      const writes = this.#outgoing.next(this.#deps.transport.maxWrites);
      if (writes.length === 0) return;
      const sending = this.#output(writes).finally(() => {
        this.#inFlight.delete(sending);
        this.pump();
      });
      this.#inFlight.add(sending);
    }
  }

  #encoded(slot: number, errors: readonly ItemError[], writes: number): void {
    this.#rowsInFlight++;
    for (const error of errors) this.#bury(slot, error);
    if (this.#rows.parts !== undefined) this.#rows.unanswered[slot] = writes;
    if (writes === 0) this.#finish(slot);
  }

  async #output(writes: readonly SentWrite[]): Promise<void> {
    const sentIn: Rounds = { limit: this.#limit.round, outage: this.#outage.round };
    let answer: Answer;
    try {
      answer = await this.#deps.transport.send(writes);
    } catch (error) {
      if (!(error instanceof DynamoDbError)) throw error;
      this.#failed(writes, error, sentIn);
      return;
    }
    this.stats.bytes += answer.bytes;
    if (answer.superseded > 0) this.#lost(answer.superseded);
    this.#outage.succeeded();
    this.#reported = '';
    const { unprocessed } = answer;
    const again: number[] = [];
    for (const write of writes) {
      const outcome = unprocessed.size > 0 && unprocessed.has(write) ? FAILED : ACKNOWLEDGED;
      this.#answered(write, outcome, again);
    }
    const share = unprocessed.size / writes.length;
    if (unprocessed.size < writes.length) this.#limit.succeeded(1 - share);
    if (unprocessed.size > 0) {
      this.stats.throttled += unprocessed.size;
      this.#limit.throttled(share, sentIn.limit);
    }
    this.#again(again);
  }

  /** Counts writes that lost against newer versions, and tells the operator about the first. */
  #lost(writes: number): void {
    if (this.stats.superseded === 0) this.#deps.onSuperseded();
    this.stats.superseded += writes;
  }

  #failed(writes: readonly SentWrite[], error: DynamoDbError, sentIn: Rounds): void {
    const { fault } = error;
    // All keys are encoded alike, so a key that does not match the schema means that the table changed.
    if (fault === 'invalid' && !/does not match the schema|Missing the key/i.test(error.message)) {
      this.#isolate(writes, error);
      return;
    }
    if (fault === 'throttled') this.stats.throttled += writes.length;
    if (fault === 'throttled' && this.#deps.transport.isPerKey) {
      this.#limit.throttledOne();
    } else {
      const isTransient = fault === 'throttled' || fault === 'unavailable';
      const isOutage = this.#outage.failed(error, sentIn.outage, isTransient);
      if (isTransient) this.#limit.throttled(1, sentIn.limit);
      if (fault === 'missing') this.#deps.onMissingTable();
      if (isOutage && fault !== 'throttled') this.#report(error);
    }
    const again: number[] = [];
    for (const write of writes) this.#answered(write, FAILED, again);
    this.#again(again);
  }

  #isolate(writes: readonly SentWrite[], error: DynamoDbError): void {
    if (writes.length === 1) {
      const write = writes[0]!;
      this.#bury(write.slot, refusedItem(error));
      const again: number[] = [];
      this.#answered(write, REFUSED, again);
      this.#again(again);
      return;
    }
    this.stats.retried += writes.length;
    this.#outgoing.halve(writes);
  }

  #bury(slot: number, error: ItemError): void {
    this.stats.dead_letters++;
    this.#deps.onDeadLetter(slot, error);
  }

  /** Notes the answer to one write of a row. After the last of them the row is done, or goes to `again`. */
  #answered(write: SentWrite, outcome: number, again: number[]): void {
    const rows = this.#rows;
    const { slot, kind } = write;
    const outcomes = rows.parts === undefined ? outcome : rows.answered(slot, write.part, outcome);
    if (outcomes === undefined) return;
    if ((outcomes & FAILED) !== 0) {
      again.push(slot);
      return;
    }
    if ((outcomes & ACKNOWLEDGED) !== 0) {
      if (kind === 'put') this.stats.upserts++;
      else this.stats.deletes++;
      if (kind === 'tombstone' && rows.state[slot] === SENT) this.#deps.onTombstone(slot);
    }
    this.#finish(slot);
  }

  /** Frees the slot of a row whose writes are all answered, or queues the row's newer change. */
  #finish(slot: number): void {
    const rows = this.#rows;
    this.#rowsInFlight--;
    const since = rows.waitingSince[slot]!;
    if (rows.state[slot] === SENT_STALE) {
      const stale = rows.staleSince[slot]!;
      this.#deps.ledger.waits(stale);
      rows.waitingSince[slot] = stale;
      rows.attempts[slot] = 0;
      rows.state[slot] = QUEUED;
      this.#outgoing.push(slot);
    } else {
      rows.release(slot);
    }
    this.#deps.ledger.done(since);
  }

  /** Sends the newest change of these rows again, after a backoff. */
  #again(slots: readonly number[]): void {
    if (slots.length === 0) return;
    const rows = this.#rows;
    let attempt = 0;
    for (const slot of slots) {
      rows.state[slot] = QUEUED;
      attempt = Math.max(attempt, rows.attempts[slot]!);
      rows.attempts[slot] = Math.min(rows.attempts[slot]! + 1, 1000);
    }
    this.#rowsInFlight -= slots.length;
    this.stats.retried += slots.length;
    this.#delayed.add(slots, this.#backoff_ms(attempt));
  }

  #backoff_ms(attempt: number): number {
    const limits = { base_ms: this.#deps.retryBackoff_ms, cap_ms: MAX_BACKOFF_MS };
    return fullJitter_ms(attempt, limits, this.#deps.random);
  }

  #report(error: DynamoDbError): void {
    if (this.#reported === error.code) return;
    this.#reported = error.code;
    const { sink, table, endpoint, onProblem } = this.#deps;
    const hint = hintFor(error, endpoint);
    const message = `writes to ${table} fail and are retried: ${error.code}: ${error.message}`;
    onProblem(new SinkError(sink, message, { ...(hint === undefined ? {} : { hint }), cause: error }));
  }
}
