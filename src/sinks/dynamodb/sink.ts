import type { Batch } from '../../engine/batch.ts';
import { Column } from '../../engine/column.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import type { Datum } from '../../values/datum.ts';
import { nowMs, type Clock } from '../../platform/clock.ts';
import type { SinkView } from '../connector.ts';
import type {
  BarrierInfo,
  ClearReport,
  ClearRequest,
  KeyedSink,
  SinkDeadLetter,
  SinkError,
  SinkStats,
} from '../sink.ts';
import { AcceptLedger } from './accept-ledger.ts';
import { BatchWriter } from './batch-writer.ts';
import type { SinkClient } from './sink-client.ts';
import { itemLayout } from './layouts.ts';
import { clearGoneItems } from './gone-items.ts';
import { ItemError } from './item-error.ts';
import type { ItemLayout } from './layout.ts';
import { readSinkOptions, type DynamoDbSinkSettings } from './options.ts';
import { PendingRows, SENT, SENT_STALE } from './pending-rows.ts';
import { TableWatch } from './table-watch.ts';
import { unversionedItems, type UnversionedItems } from './unversioned.ts';

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
 * Returns a sink that keeps one DynamoDB item per row of a view. Throws SinkError if the options or the key are
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
  readonly #writer: BatchWriter;
  readonly #table: TableWatch;
  readonly #unversioned: UnversionedItems | undefined;
  #coalesced = 0;
  #buriedKeys = 0;

  constructor(
    def: SinkDef,
    { columns, constantOf = () => undefined }: Pick<SinkView, 'columns'> & Partial<SinkView>,
    settings: DynamoDbSinkSettings,
    deps: DynamoDbSinkDeps,
  ) {
    this.name = def.name;
    this.view = def.from;
    this.#primaryKey = def.primaryKey;
    this.#columns = columns;
    this.#settings = settings;
    this.#deps = deps;
    this.#layout = itemLayout(def, columns, settings);
    this.#unversioned = unversionedItems(def, settings, constantOf);
    this.#rows = new PendingRows(columns, def.primaryKey);
    this.#writer = new BatchWriter({
      sink: def.name,
      table: settings.table,
      client: deps.client,
      clock: deps.clock,
      random: deps.random,
      maxBatchItems: settings.maxBatchItems,
      maxInFlight: settings.maxInFlight,
      retryBackoff_ms: settings.retryBackoff_ms,
      rows: this.#rows,
      ledger: this.#ledger,
      encode: (slot) => this.#encode(slot),
      onDeadLetter: (slot, error) => this.#deadLetter(this.#rows.keyOf(slot), error),
      onProblem: (error) => deps.onProblem?.(error),
      onMissingTable: () => this.#table.wasMissed(),
    });
    this.#table = new TableWatch({
      client: deps.client,
      clock: deps.clock,
      request: {
        sink: def.name,
        table: settings.table,
        key: this.#layout.keyAttributes,
        create: settings.createTable,
      },
      onProblem: (error) => deps.onProblem?.(error),
    });
  }

  get destination(): string {
    const { table, connection, sortKey, sortKeyName, bookkeeping } = this.#settings;
    const key = this.#primaryKey.map((c) => this.#columns[c]!.name);
    const { region, endpoint } = connection;
    const id = this.#table.identity;
    return JSON.stringify({ table, region, endpoint, key, sortKey, sortKeyName, bookkeeping, id });
  }

  async open(): Promise<void> {
    await this.#table.start();
    this.#writer.start();
  }

  accept(changes: Batch, at: BarrierInfo): void {
    if (changes.n === 0) return;
    this.#rows.usePool(changes.column(0).pool);
    const number = this.#ledger.next(nowMs(this.#deps.clock));
    const { weights } = changes;
    for (let i = 0; i < changes.n; i++) {
      if (weights[i]! > 0) this.#take(changes.columns, i, { deleted: false, epoch: at.epoch, number });
    }
    // Retractions come second: one whose key also has a new row in this batch is no deletion, whatever their order.
    for (let i = 0; i < changes.n; i++) {
      if (weights[i]! > 0 || this.#isUpdate(changes, i)) continue;
      if (!this.#settings.ignoreDelete)
        this.#take(changes.columns, i, { deleted: true, epoch: at.epoch, number });
    }
    this.#writer.pump();
  }

  flush(): Promise<void> {
    return this.#ledger.settled();
  }

  pending(): readonly (readonly Datum[])[] {
    return Array.from(this.#rows.slots(), (slot) => this.#rows.keyOf(slot));
  }

  resend(key: readonly Datum[], row: readonly Datum[] | undefined, at: BarrierInfo): void {
    if (row === undefined && this.#settings.ignoreDelete) return;
    const { pool } = this.#rows;
    const columns = this.#columns.map(({ type }) => new Column(type, 1, pool));
    if (row === undefined) this.#primaryKey.forEach((c, k) => columns[c]!.set(0, key[k]!));
    else columns.forEach((column, c) => column.set(0, row[c]!));
    const number = this.#ledger.next(nowMs(this.#deps.clock));
    this.#take(columns, 0, { deleted: row === undefined, epoch: at.epoch, number });
    this.#writer.pump();
  }

  async clear(request: ClearRequest): Promise<ClearReport> {
    const { table, sortKey, bookkeeping, ignoreDelete, keepsGoneItems } = this.#settings;
    // A new table holds no items to clear. Items without a version cannot be told from those of other programs.
    if (this.#table.isNew || !bookkeeping) return { found: 0, deleted: 0, kept: 0, isComplete: true };
    return clearGoneItems(
      {
        client: this.#deps.client,
        clock: this.#deps.clock,
        sink: this.name,
        table,
        key: this.#layout.keyAttributes,
        keyColumns: this.#primaryKey.map((c) => this.#columns[c]!),
        sortKey,
        unversioned: this.#unversioned,
        isDeleting: !ignoreDelete && !keepsGoneItems,
      },
      request,
    );
  }

  stats(): SinkStats {
    const { upserts, deletes, retried, throttled, dead_letters, bytes } = this.#writer.stats;
    const in_flight = this.#writer.itemsInFlight;
    return {
      upserts,
      deletes,
      coalesced: this.#coalesced,
      retried,
      throttled,
      dead_letters: dead_letters + this.#buriedKeys,
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
    return this.#writer.close();
  }

  /** Returns whether row `i`, a retraction, is directly followed by the new version of the row: the same key at +1. */
  #isUpdate(changes: Batch, i: number): boolean {
    if (i + 1 >= changes.n || changes.weights[i + 1]! < 0) return false;
    return this.#primaryKey.every((c) => sameValue(changes.column(c), i, i + 1));
  }

  #take(
    row: readonly (Column | undefined)[],
    i: number,
    change: { readonly deleted: boolean; readonly epoch: number; readonly number: number },
  ): void {
    const rows = this.#rows;
    let key: string;
    try {
      key = this.#layout.encodeKey(row, i);
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      // No item can have such a key, so there is none to delete.
      if (change.deleted) return;
      this.#buriedKeys++;
      this.#deadLetter(
        this.#primaryKey.map((c) => row[c]!.get(i)),
        error,
      );
      return;
    }
    let slot = rows.find(key);
    if (slot < 0) {
      slot = rows.add(key);
      rows.waitingSince[slot] = change.number;
      this.#ledger.waits(change.number);
      this.#writer.enqueue(slot);
    } else {
      const putInThisBatch = rows.acceptedIn[slot] === change.number && rows.deleted[slot] === 0;
      if (change.deleted && putInThisBatch) return;
      if (rows.state[slot] === SENT) {
        rows.state[slot] = SENT_STALE;
        rows.staleSince[slot] = change.number;
      } else {
        this.#coalesced++;
      }
    }
    rows.acceptedIn[slot] = change.number;
    rows.deleted[slot] = change.deleted ? 1 : 0;
    rows.epochs[slot] = change.epoch;
    rows.copyRow(slot, row, i, change.deleted);
  }

  #encode(slot: number): string {
    const rows = this.#rows;
    const key = rows.keys[slot]!;
    if (rows.deleted[slot] === 1) return `{"DeleteRequest":{"Key":{${key}}}}`;
    const stamp = { epoch: rows.epochs[slot]!, written_at_ms: nowMs(this.#deps.clock) };
    return `{"PutRequest":{"Item":{${this.#layout.encodeItem(key, rows.columns, slot, stamp)}}}}`;
  }

  #deadLetter(key: readonly Datum[], error: ItemError): void {
    this.#deps.onDeadLetter({ sink: this.name, key, reason: error.code, message: error.message });
  }
}

/**
 * Returns true only if rows `i` and `j` hold the same value. Layouts in which equal values may have several
 * representations always give false.
 */
function sameValue(column: Column, i: number, j: number): boolean {
  if (column.nulls[i] !== column.nulls[j]) return false;
  switch (column.layout) {
    case 'i64':
      return column.w[2 * i] === column.w[2 * j] && column.w[2 * i + 1] === column.w[2 * j + 1];
    case 'dec':
    case 'ref':
      return false; // rare in keys; #take compares the encoded keys
    default:
      return column.v[i] === column.v[j];
  }
}
