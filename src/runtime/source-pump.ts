import type { Batch } from '../engine/batch.ts';
import type { Kernel } from '../engine/contract.ts';
import type { RecordDecoder } from '../sources/decoder.ts';
import { LostPositionError } from '../sources/lost-position.ts';
import type { LostSource } from '../storage/manifest.ts';
import type { PartProblem, Positions, RecordBatch, SourceReader } from '../sources/source.ts';
import { within, type Clock } from '../platform/clock.ts';
import { messageOf } from './errors.ts';
import type { PumpEvents, SourceState, Taken } from './pump-events.ts';
import { Backlog } from './backlog.ts';
import { bytesOf, earliestOf } from './record-batches.ts';
import type { SourcePositions } from './source-positions.ts';

/** How long a poll waits for records. */
const POLL_WAIT_MS = 250;
/** After so many polls without a record the source has caught up. */
const IDLE_POLLS = 20;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** How long `close` waits for a source's answer to a checkpoint. */
const LAST_WORD_MS = 2_000;

/**
 * One source. Keeps a single poll in flight, and at most one batch until the runner takes it. Opens a failed reader
 * again at the position behind the last batch that was taken. Its faults never reach the other sources.
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
  #telling: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #retry_ms = FIRST_RETRY_MS;
  /** What is left of the records that the source held when it was opened; undefined: not known yet. */
  #backlog: Backlog | undefined;
  /** Polls in a row without a record. */
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
  /** Why it is `retrying` or `lost`. */
  get error(): string | undefined {
    return this.#error;
  }
  /** Since when; Infinity while it can be read. */
  get failingSince_us(): number {
    return this.#failingSince_us;
  }
  get positions(): Positions {
    return this.#positions.next;
  }
  /** Its lost position, until a person decides. */
  get lost(): LostSource | undefined {
    return this.#positions.lost;
  }
  /** What has to be stored with the positions. */
  get memo(): string | undefined {
    this.#remember();
    return this.#positions.memo;
  }
  get problems(): readonly PartProblem[] {
    return this.#isOpen() ? (this.#reader.problems?.() ?? []) : [];
  }
  /**
   * Whether splits without a position were found since the last call. Their start is in no checkpoint yet, and after a
   * restart the source could begin elsewhere.
   */
  takeWasPlaced(): boolean {
    const wasPlaced = this.#wasPlaced;
    this.#wasPlaced = false;
    return wasPlaced;
  }
  get ready(): boolean {
    return this.#ready !== undefined;
  }
  /** All that the source held when it was opened has been taken. */
  get caughtUp(): boolean {
    if (this.#state === 'ended') return true;
    // Some offsets never come: markers at the end of a split, records of a transaction that hangs.
    if (this.#state !== 'running') return false;
    return this.#idlePolls >= IDLE_POLLS || this.#backlog?.records === 0;
  }
  /** Records left of those that the source held when it was opened; gaps between them count, too. */
  get recordsToEnds(): number {
    return this.#backlog?.records ?? 0;
  }
  /** A batch ends where the source's backlog ends, so that later records do not wait for it. */
  #wantedRecords(): number {
    const left = this.recordsToEnds;
    return left === 0 ? this.#maxRecords : Math.min(this.#maxRecords, left);
  }
  lag(): ReturnType<SourceReader['lag']> {
    return this.#isOpen() ? this.#reader.lag() : [];
  }

  /** Opens the reader and begins to poll. Resolves after the first attempt. Never rejects. */
  start(): Promise<void> {
    const { lost } = this;
    const decision = this.#positions.decide();
    if (decision !== 'open') this.#events.lost(this.name, lost!, decision === 'go on');
    if (decision !== 'stand still') return (this.#working = this.#open());
    this.#reader.hold?.(this.#positions.next);
    this.#standStill(lost!);
    return this.#working;
  }

  /** Hands the batch that is ready to the kernel. The reader's buffer is free again when this returns. */
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
    }
    this.#advance(records);
    const taken = { records: records.count, rows, bytes: bytesOf(records), earliest_us: earliestOf(records) };
    this.#working = this.#poll();
    return taken;
  }

  /**
   * Tells the source that a checkpoint holds these positions. Later checkpoints are skipped until it has answered.
   */
  checkpointed(positions: Positions): void {
    if (this.#telling !== undefined || !this.#isOpen()) return;
    this.#telling = this.#reader
      .checkpointed(positions)
      .catch((error: unknown) => this.#events.untold(this.name, error))
      .finally(() => {
        this.#telling = undefined;
      });
  }

  /** Stops polling and closes the reader; a batch that was not taken is read again after a restart. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ready = undefined;
    this.#cancelRetry?.();
    await within(this.#clock, LAST_WORD_MS, Promise.resolve(this.#telling));
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
    if (this.#isClosed()) return this.#closeReader(); // it was opened after all
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
      // One idle poll is no sign of health: a lost broker is noticed later.
      if (records !== undefined || this.#idlePolls >= IDLE_POLLS) this.#retry_ms = FIRST_RETRY_MS;
      this.#idlePolls = records === undefined ? this.#idlePolls + 1 : 0;
      // A source that does not count its records has caught up when a poll brings none.
      if (records === undefined) this.#backlog ??= Backlog.NONE;
      if (records !== undefined && records.count > 0) {
        this.#ready = records;
        this.#events.wake();
        return;
      }
      if (records !== undefined) {
        this.#advance(records); // nothing in it, but further on
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

  /** Takes note of a lost position. Returns whether reading goes on. */
  #giveUp(lost: LostSource): boolean {
    const goesOn = this.#positions.lose(lost);
    this.#wasPlaced = true; // a checkpoint is to know
    this.#events.lost(this.name, lost, goesOn);
    if (!goesOn) this.#standStill(lost);
    else if (this.#state === 'running') this.#state = 'opening';
    return goesOn;
  }

  #standStill(lost: LostSource): void {
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
      const goesOn = this.#giveUp({ message: messageOf(error), positions: error.positions });
      this.#working = goesOn ? this.#reopen() : this.#closeReader();
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

  /** Only an open reader knows the log that the positions belong to. */
  #remember(): void {
    if (this.#isOpen()) this.#positions.memo = this.#reader.memo?.();
  }

  /** Closes a reader that has failed or is no longer needed. Errors of closing are ignored. */
  async #closeReader(): Promise<void> {
    await this.#reader.close().catch(() => {});
  }

  async #reopen(): Promise<void> {
    await this.#closeReader();
    if (!this.#isClosed()) await this.#open();
  }

  /** Whether the reader is open and reads where its positions are. */
  #isOpen(): boolean {
    return this.#state === 'running' || this.#state === 'ended';
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
