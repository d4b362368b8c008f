import type { Batch } from '../../engine/batch.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import type { Datum } from '../../values/datum.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SinkView } from '../connector.ts';
import type {
  BarrierInfo,
  ClearReport,
  ClearRequest,
  KeyedSink,
  SinkDeadLetter,
  SinkStats,
} from '../sink.ts';
import { SinkError } from '../sink.ts';
import { AcceptLedger } from './accept-ledger.ts';
import { EXPIRES_AT_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import { BatchTransport } from './batch-transport.ts';
import type { SinkClient } from './sink-client.ts';
import { itemLayout } from './layouts.ts';
import { clearGoneItems } from './gone-items.ts';
import type { ItemError } from './item-error.ts';
import { LateWrites } from './late-writes.ts';
import type { ItemLayout } from './layout.ts';
import { readSinkOptions, type DynamoDbSinkSettings } from './options.ts';
import { PendingRows } from './pending-rows.ts';
import { RowEncoder } from './row-encoder.ts';
import { RowIntake } from './row-intake.ts';
import { RowWriter } from './row-writer.ts';
import { TableWatch } from './table-watch.ts';
import { Tombstones } from './tombstones.ts';
import { UpdateTransport } from './update-transport.ts';

export interface DynamoDbSinkDeps {
  /** Connects to the account and region that the sink's options name. Sinks may share a client. */
  readonly client: SinkClient;
  readonly clock: Clock;
  /** Returns a uniformly distributed number in [0, 1), which spreads retries over time. */
  readonly random: () => number;
  onDeadLetter(letter: SinkDeadLetter): void;
  /** Receives the reason why writes fail and are retried, if it concerns the operator. */
  onProblem?(error: SinkError): void;
  /** Override the settings from the sink's own options. */
  readonly options?: Partial<DynamoDbSinkSettings> | undefined;
}

/**
 * Returns a sink that keeps the DynamoDB items of a view's rows. Throws SinkError if the options or the key are
 * invalid; the sink's `open` rejects with SinkError if the table cannot be used.
 */
export function createDynamoDbSink(
  def: SinkDef,
  view: Pick<SinkView, 'columns'> & Partial<SinkView>,
  deps: DynamoDbSinkDeps,
): KeyedSink {
  const settings = { ...readSinkOptions(def.name, def.options), ...deps.options };
  return new DynamoDbSink(def, view, settings, deps);
}

class DynamoDbSink implements KeyedSink {
  readonly kind = 'keyed';
  readonly name: string;
  readonly view: string;
  readonly #primaryKey: readonly number[];
  readonly #columns: readonly PlanColumn[];
  readonly #settings: DynamoDbSinkSettings;
  readonly #deps: DynamoDbSinkDeps;
  readonly #layout: ItemLayout;
  readonly #rows: PendingRows;
  readonly #ledger = new AcceptLedger();
  readonly #intake: RowIntake;
  readonly #encoder: RowEncoder;
  readonly #writer: RowWriter;
  readonly #tombstones: Tombstones;
  readonly #table: TableWatch;

  constructor(
    def: SinkDef,
    { columns, constantOf = () => undefined }: Pick<SinkView, 'columns'> & Partial<SinkView>,
    settings: DynamoDbSinkSettings,
    deps: DynamoDbSinkDeps,
  ) {
    const { clock, client } = deps;
    this.name = def.name;
    this.view = def.from;
    this.#primaryKey = def.primaryKey;
    this.#columns = columns;
    this.#settings = settings;
    this.#deps = deps;
    this.#layout = itemLayout(def, { columns, constantOf }, settings);
    this.#rows = new PendingRows(columns, def.primaryKey, this.#layout.parts);
    const late = this.#layout.sentBy === 'update' ? new LateWrites(clock, settings.lateWrites_ms) : undefined;
    this.#encoder = new RowEncoder(this.#layout, this.#rows, clock, late);
    this.#tombstones = new Tombstones(clock, settings.lateWrites_ms, (key, { key: row, epoch }) => {
      if (this.#rows.find(key) < 0) this.#endRow(row, epoch);
    });
    this.#writer = this.#newWriter(late);
    this.#intake = new RowIntake({
      columns,
      primaryKey: def.primaryKey,
      layout: this.#layout,
      rows: this.#rows,
      ledger: this.#ledger,
      clock,
      ignoreDelete: settings.ignoreDelete,
      tombstones: late && this.#tombstones,
      onNew: (slot) => this.#writer.enqueue(slot),
      onDeadLetter: (key, error) => this.#deadLetter(key, error),
    });
    this.#table = new TableWatch({
      client,
      clock,
      request: {
        sink: def.name,
        table: settings.table,
        key: this.#layout.keyAttributes,
        create: settings.createTable,
        timeToLive: settings.expiresItems ? EXPIRES_AT_ATTRIBUTE : undefined,
      },
      onProblem: (error) => deps.onProblem?.(error),
    });
  }

  #newWriter(late: LateWrites | undefined): RowWriter {
    const { client, clock, random } = this.#deps;
    const { table, maxBatchItems: maxItems, maxInFlight, retryBackoff_ms } = this.#settings;
    return new RowWriter({
      sink: this.name,
      table,
      endpoint: client.endpoint,
      transport:
        late === undefined
          ? new BatchTransport({ client, table, key: this.#layout.keyAttributes, maxItems })
          : new UpdateTransport(client, table, this.#rows, late),
      clock,
      random,
      maxInFlight,
      retryBackoff_ms,
      rows: this.#rows,
      ledger: this.#ledger,
      encoder: this.#encoder,
      onDeadLetter: (slot, error) => this.#deadLetter(this.#rows.keyOf(slot), error),
      onTombstone: (slot) => {
        const rows = this.#rows;
        this.#tombstones.add(rows.keys[slot]!, { key: rows.keyOf(slot), epoch: rows.epochs[slot]! });
      },
      onProblem: (error) => this.#deps.onProblem?.(error),
      onMissingTable: () => this.#table.wasMissed(),
      onSuperseded: () => this.#deps.onProblem?.(newerVersions(this.name, table)),
    });
  }

  get destination(): string {
    const { table, connection, sortKey, sortKeyName, bookkeeping, layout, expireAfter_days } = this.#settings;
    const key = this.#primaryKey.map((c) => this.#columns[c]!.name);
    const { region, endpoint } = connection;
    const id = this.#table.identity;
    // What a layout adds is left out where it was not known when the first checkpoints were written.
    const form = layout === 'domain' ? {} : { layout };
    const expiry = layout === 'daily' ? { expireAfter_days } : {};
    const parts = { table, region, endpoint, key, sortKey, sortKeyName, bookkeeping, id, ...form, ...expiry };
    return JSON.stringify(parts);
  }

  async open(): Promise<void> {
    await this.#table.start();
    this.#writer.start();
  }

  accept(changes: Batch, at: BarrierInfo): void {
    if (changes.n === 0) return;
    this.#intake.accept(changes, at.epoch);
    this.#writer.pump();
  }

  flush(): Promise<void> {
    return this.#ledger.settled();
  }

  pending(): readonly (readonly Datum[])[] {
    const rows = Array.from(this.#rows.slots(), (slot) => this.#rows.keyOf(slot));
    return [...rows, ...this.#tombstones.keys()];
  }

  resend(key: readonly Datum[], row: readonly Datum[] | undefined, at: BarrierInfo): void {
    if (row !== undefined) this.#intake.takeRow(row, at.epoch);
    else if (!this.#settings.ignoreDelete) this.#intake.endRow(key, at.epoch);
    this.#writer.pump();
  }

  async clear(request: ClearRequest): Promise<ClearReport> {
    const { table, bookkeeping, ignoreDelete, keepsGoneItems } = this.#settings;
    // A new table holds no items to clear. Items without a version cannot be told from those of other programs.
    if (this.#table.isNew || !bookkeeping) return { found: 0, deleted: 0, kept: 0, isComplete: true };
    return clearGoneItems(
      {
        client: this.#deps.client,
        clock: this.#deps.clock,
        table,
        key: this.#layout.keyAttributes,
        own: this.#layout.own,
        isDeleting: !ignoreDelete && !keepsGoneItems,
        endRow: (key, version) => this.#endRow(key, version),
        settled: () => this.flush(),
      },
      request,
    );
  }

  stats(): SinkStats {
    const { upserts, deletes, retried, throttled, dead_letters, superseded, bytes } = this.#writer.stats;
    const in_flight = this.#writer.rowsInFlight;
    return {
      upserts,
      deletes,
      coalesced: this.#intake.coalesced,
      suppressed: this.#intake.unchanged + this.#encoder.expired,
      superseded,
      retried,
      throttled,
      dead_letters: dead_letters + this.#intake.buried,
      bytes,
      queued: this.#rows.size - in_flight,
      in_flight,
      failing_since_ms: this.#writer.failing?.since_ms,
      error: this.#writer.failing?.error,
      oldest_pending_ms: this.#ledger.oldest_ms,
    };
  }

  close(): Promise<void> {
    this.#table.close();
    this.#tombstones.close();
    return this.#writer.close();
  }

  #endRow(key: readonly Datum[], epoch: number): void {
    this.#intake.endRow(key, epoch);
    this.#writer.pump();
  }

  #deadLetter(key: readonly Datum[], error: ItemError): void {
    this.#deps.onDeadLetter({ sink: this.name, key, reason: error.code, message: error.message });
  }
}

function newerVersions(sink: string, table: string): SinkError {
  const message = `table ${table} has newer versions of rows than this process writes, so its older ones have no effect`;
  return new SinkError(sink, message, {
    hint:
      'another process may run this sink: stop one of the two. If none does, the clock was set back since the items ' +
      'were written: set it right, and start with a new state folder',
  });
}
