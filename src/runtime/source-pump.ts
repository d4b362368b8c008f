import type { Batch } from '../engine/batch.ts';
import type { Kernel } from '../engine/contract.ts';
import type { RecordDecoder } from '../sources/decoder.ts';
import { LostPositionError } from '../sources/lost-position.ts';
import type { LostSource } from '../storage/manifest.ts';
import type { PartProblem, Positions, RecordBatch, SourceReader } from '../sources/source.ts';
import { within, type Clock } from '../platform/clock.ts';
import { messageOf } from '../values/error-message.ts';
import type { PumpEvents, SourceState, Taken } from './pump-events.ts';
import { Backlog } from './backlog.ts';
import { bytesOf, earliestOf } from './record-batches.ts';
import type { SourcePositions } from './source-positions.ts';

/** Time for which a poll waits for records. */
const POLL_WAIT_MS = 250;
/** Number of polls without a record after which the source has caught up. */
const IDLE_POLLS = 20;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** Time for which `close` waits until a source has processed a checkpoint notice. */
const NOTICE_WITHIN_MS = 2_000;

/**
 * Reads one source. Keeps a single poll in flight and at most one batch until the runner takes it. Reopens a failed
 * reader after the last batch taken. Failures of one source do not affect the others.
 */
export class SourcePump {
  readonly name: string;
  readonly #reader: SourceReader;
  readonly #decoder: RecordDecoder;
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #events: PumpEvents;
  readonly #maxRecords: number;
  readonly #batch: Batch;
  readonly #positions: SourcePositions;
  #wasPlaced = false;
  #state: SourceState = 'opening';
  #error: string | undefined;
  #failingSince_us = Infinity;
  #ready: RecordBatch | undefined;
  #working: Promise<void> = Promise.resolve();
  #notifying: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #retry_ms = FIRST_RETRY_MS;
  /** The unread part of the records at the source's opening; undefined while unknown. */
  #backlog: Backlog | undefined;
  /** Number of consecutive polls without a record. */
  #idlePolls = 0;

  constructor(options: {
    name: string;
    reader: SourceReader;
    decoder: RecordDecoder;
    kernel: Kernel;
    positions: SourcePositions;
    maxRecords: number;
    clock: Clock;
    events: PumpEvents;
  }) {
    this.name = options.name;
    this.#reader = options.reader;
    this.#decoder = options.decoder;
    this.#kernel = options.kernel;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#maxRecords = options.maxRecords;
    this.#positions = options.positions;
    this.#batch = options.kernel.newBatch(options.name, options.maxRecords);
  }

  get state(): SourceState {
    return this.#state;
  }
  /** Reason of the state `retrying` or `lost`. */
  get error(): string | undefined {
    return this.#error;
  }
  /** Time since when the source cannot be read; Infinity while it can. */
  get failingSince_us(): number {
    return this.#failingSince_us;
  }
  get positions(): Positions {
    return this.#positions.next;
  }
  /** The lost position that awaits an operator's decision. */
  get lost(): LostSource | undefined {
    return this.#positions.lost;
  }
  /** The reader's memo, which is stored with the positions. */
  get memo(): string | undefined {
    this.#remember();
    return this.#positions.memo;
  }
  get problems(): readonly PartProblem[] {
    return this.#isOpen() ? (this.#reader.problems?.() ?? []) : [];
  }
  /**
   * Returns true if splits without a position were found since the last call. No checkpoint holds their start yet, so
   * after a restart the source could begin elsewhere.
   */
  takeWasPlaced(): boolean {
    const wasPlaced = this.#wasPlaced;
    this.#wasPlaced = false;
    return wasPlaced;
  }
  get ready(): boolean {
    return this.#ready !== undefined;
  }
  /** True once all records at the source's opening have been taken. */
  get caughtUp(): boolean {
    if (this.#state === 'ended') return true;
    // Some offsets never arrive: markers at the end of a split, records of a hanging transaction.
    if (this.#state !== 'running') return false;
    return this.#idlePolls >= IDLE_POLLS || this.#backlog?.records === 0;
  }
  /** Number of offsets left of the records at the source's opening, including gaps. */
  get recordsToEnds(): number {
    return this.#backlog?.records ?? 0;
  }
  /** Ends a batch at the end of the source's backlog, so that the backlog does not wait for later records. */
  #wantedRecords(): number {
    const left = this.recordsToEnds;
    return left === 0 ? this.#maxRecords : Math.min(this.#maxRecords, left);
  }
  lag(): ReturnType<SourceReader['lag']> {
    return this.#isOpen() ? this.#reader.lag() : [];
  }

  /** Opens the reader and starts polling. Resolves after the first attempt. Never rejects. */
  start(): Promise<void> {
    const { lost } = this;
    const decision = this.#positions.decide();
    if (decision !== 'open') this.#events.lost(this.name, lost!, decision === 'continue');
    if (decision !== 'stop') return (this.#working = this.#open());
    this.#reader.hold?.(this.#positions.next);
    this.#stopReading(lost!);
    return this.#working;
  }

  /** Decodes the ready batch and pushes it to the kernel. The reader's buffer may be reused once this returns. */
  take(): Taken {
    const records = this.#ready;
    if (records === undefined) return { records: 0, rows: 0, bytes: 0, earliest_us: undefined };
    this.#ready = undefined;
    const batch = this.#batch;
    let rows = 0;
    for (let from = 0; from < records.count;) {
      batch.n = 0;
      from = this.#decoder.decode(records, from, batch, (problem, record) =>
        this.#events.problem(this.name, problem, records, record),
      );
      rows += batch.n;
      if (batch.n > 0) this.#kernel.push(this.name, batch);
      if (this.#decoder.takeTruncate?.() === true) this.#kernel.clear(this.name);
    }
    this.#advance(records);
    const taken = { records: records.count, rows, bytes: bytesOf(records), earliest_us: earliestOf(records) };
    this.#working = this.#poll();
    return taken;
  }

  /** Notifies the source that a checkpoint holds these positions. Skips later ones until the source has finished. */
  checkpointed(positions: Positions): void {
    if (this.#notifying !== undefined || !this.#isOpen()) return;
    this.#notifying = this.#reader
      .checkpointed(positions)
      .catch((error: unknown) => this.#events.untold(this.name, error))
      .finally(() => {
        this.#notifying = undefined;
      });
  }

  /** Stops polling and closes the reader. A batch that was not taken is read again after a restart. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ready = undefined;
    this.#cancelRetry?.();
    await within(this.#clock, NOTICE_WITHIN_MS, Promise.resolve(this.#notifying));
    await this.#reader.close();
    await this.#working;
  }

  async #open(): Promise<void> {
    try {
      await this.#reader.open(this.#positions.next, this.#positions.memo);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isClosed()) return this.#closeReader(); // closed while the reader was being opened
    this.#wasPlaced ||= this.#positions.place(this.#reader);
    const wasRetrying = this.#state === 'retrying';
    this.#state = 'running';
    this.#error = undefined;
    this.#failingSince_us = Infinity;
    this.#backlog = Backlog.of(this.#reader.lag());
    this.#idlePolls = 0;
    if (wasRetrying) this.#events.recovered(this.name);
    this.#working = this.#poll();
  }

  async #poll(): Promise<void> {
    while (this.#state === 'running') {
      let records: RecordBatch | undefined;
      try {
        records = await this.#reader.poll(this.#wantedRecords(), POLL_WAIT_MS);
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (this.#isClosed()) return;
      // A single idle poll does not prove health: the loss of a broker shows later.
      if (records !== undefined || this.#idlePolls >= IDLE_POLLS) this.#retry_ms = FIRST_RETRY_MS;
      this.#idlePolls = records === undefined ? this.#idlePolls + 1 : 0;
      // A source that does not report its lag has caught up once a poll returns nothing.
      if (records === undefined) this.#backlog ??= Backlog.NONE;
      if (records !== undefined && records.count > 0) {
        this.#ready = records;
        this.#events.wake();
        return;
      }
      if (records !== undefined) {
        this.#advance(records); // an empty batch still advances the position
      } else if (this.#reader.ended) {
        this.#state = 'ended';
        this.#events.wake();
      }
    }
  }

  #advance(records: RecordBatch): void {
    this.#positions.advance(records);
    this.#backlog?.advance(records);
  }

  /** Records a lost position. Returns true if reading continues. */
  #giveUp(lost: LostSource): boolean {
    const continues = this.#positions.lose(lost);
    this.#wasPlaced = true; // makes the next checkpoint due
    this.#events.lost(this.name, lost, continues);
    if (!continues) this.#stopReading(lost);
    else if (this.#state === 'running') this.#state = 'opening';
    return continues;
  }

  #stopReading(lost: LostSource): void {
    this.#halt('lost', lost.message);
    this.#events.wake();
  }

  #halt(state: 'lost' | 'retrying', why: string): void {
    this.#state = state;
    this.#error = why;
    this.#failingSince_us = Math.min(this.#failingSince_us, this.#clock.now_us());
    this.#backlog = undefined;
  }

  #fail(error: unknown): void {
    if (this.#isClosed()) return;
    if (error instanceof LostPositionError) {
      const continues = this.#giveUp({ message: messageOf(error), positions: error.positions });
      this.#working = continues ? this.#reopen() : this.#closeReader();
      return;
    }
    this.#remember();
    const retry_ms = this.#retry_ms;
    this.#halt('retrying', messageOf(error));
    this.#retry_ms = Math.min(retry_ms * 2, LAST_RETRY_MS);
    this.#events.failed(this.name, error, retry_ms);
    this.#cancelRetry = this.#clock.setTimer(retry_ms, () => {
      this.#working = this.#reopen();
    });
  }

  /** Saves the reader's memo; only an open reader knows which log the positions belong to. */
  #remember(): void {
    if (this.#isOpen()) this.#positions.memo = this.#reader.memo?.();
  }

  /** Closes a reader that has failed or is no longer needed. Ignores errors of closing. */
  async #closeReader(): Promise<void> {
    await this.#reader.close().catch(() => {});
  }

  async #reopen(): Promise<void> {
    await this.#closeReader();
    if (!this.#isClosed()) await this.#open();
  }

  /** Returns true if the reader is open and reads at the positions. */
  #isOpen(): boolean {
    return this.#state === 'running' || this.#state === 'ended';
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
