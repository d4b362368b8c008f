import type { PlanColumn } from '../plan/nodes.ts';
import { rowKey } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { Batch } from './batch.ts';
import type { ViewReader } from './contract.ts';
import type { ErrorLog } from './errors.ts';
import type { RunningView } from './graph.ts';
import type { StringPool } from './text/string-pool.ts';

const SCAN_ROWS = 1024;

export interface StreamViewReaderOptions {
  readonly pool: StringPool;
  readonly errors: ErrorLog;
  /** Barriers evaluate the view's expressions and count their errors. Otherwise its first scan after a barrier does. */
  readonly observed: boolean;
  /** Returns the number of barriers so far. */
  epoch(): number;
}

/** Reads a view from the slots of the operator that holds its rows. */
export class StreamViewReader implements ViewReader {
  readonly #view: RunningView;
  readonly #options: StreamViewReaderOptions;
  /** The epoch whose errors the last scan counted. */
  #countedAt = -1;

  constructor(view: RunningView, options: StreamViewReaderOptions) {
    this.#view = view;
    this.#options = options;
  }

  get name(): string {
    return this.#view.def.name;
  }
  get columns(): readonly PlanColumn[] {
    return this.#view.def.columns;
  }

  get rowCount(): number {
    const { stream, count } = this.#view;
    return count === undefined ? stream.rowCount() : count.rows;
  }

  *scan(): Iterable<Batch> {
    const epoch = this.#options.epoch();
    yield* this.#batches(this.#options.observed || this.#countedAt === epoch);
    this.#countedAt = epoch;
  }

  *#batches(silent: boolean): Iterable<Batch> {
    const slots = this.#view.stream.liveSlots();
    const rows = this.#newRows(SCAN_ROWS);
    for (let from = 0; from < slots.length; from += SCAN_ROWS) {
      rows.n = 0;
      this.#gather(slots, from, Math.min(slots.length, from + SCAN_ROWS), { rows, silent });
      if (rows.n > 0) yield rows;
    }
  }

  page(cursor: number, limit: number): { readonly rows: Batch; readonly next: number | undefined } {
    const slots = this.#view.stream.liveSlots(); // ascending; a row keeps its slot until it is removed
    let from = 0;
    for (let end = slots.length; from < end;) {
      const middle = (from + end) >> 1;
      if (slots[middle]! < cursor) from = middle + 1;
      else end = middle;
    }
    const to = Math.min(slots.length, from + limit);
    const rows = this.#newRows(Math.max(1, to - from));
    this.#gather(slots, from, to, { rows, silent: true });
    rows.weights.fill(1, 0, rows.n);
    return { rows, next: slots[to] };
  }

  lookup(positions: readonly number[], keys: readonly (readonly Datum[])[]): Datum[][][] {
    const { stream, map } = this.#view;
    const from = map === undefined ? positions : positions.map((p) => map.inputColumn(p));
    const order = stream.key?.map((c) => from.indexOf(c));
    if (order === undefined || order.length !== positions.length || order.includes(-1))
      return this.#search(positions, keys);
    const columns = stream.key!.map((c) => stream.columns[c]!);
    return keys.map((key) => {
      const slot = this.#find(
        columns,
        order.map((k) => key[k] ?? null),
      );
      return slot < 0 ? [] : this.#rowsAt(slot);
    });
  }

  #rowsAt(slot: number): Datum[][] {
    const rows = this.#newRows(1);
    this.#gather(Int32Array.of(slot), 0, 1, { rows, silent: true });
    return Array.from({ length: rows.n }, (_, i) => rows.row(i));
  }

  #find(columns: readonly PlanColumn[], key: readonly Datum[]): number {
    const { pool } = this.#options;
    for (const [i, { type, nullable }] of columns.entries()) {
      const value = key[i]!;
      // No row has such a key. The check keeps a lookup from adding text to the pool.
      if (value === null ? !nullable : type.kind === 'varchar' && pool.find(value as string) < 0) return -1;
    }
    const types = columns.map((c) => c.type);
    const batch = new Batch(types, 1, pool);
    batch.append(key);
    return this.#view.stream.find(batch);
  }

  #search(positions: readonly number[], keys: readonly (readonly Datum[])[]): Datum[][][] {
    const types = positions.map((p) => this.columns[p]!.type);
    const found = new Map<string, Datum[][]>(keys.map((key) => [rowKey(types, key), []]));
    for (const batch of this.#batches(true)) {
      for (let i = 0; i < batch.n; i++) {
        const key = positions.map((p) => batch.column(p).get(i));
        found.get(rowKey(types, key))?.push(batch.row(i));
      }
    }
    return keys.map((key) => found.get(rowKey(types, key))!);
  }

  #newRows(capacity: number): Batch {
    return new Batch(
      this.columns.map((c) => c.type),
      capacity,
      this.#options.pool,
    );
  }

  #gather(slots: Int32Array, from: number, to: number, into: { rows: Batch; silent: boolean }): void {
    const { stream, map } = this.#view;
    if (map === undefined) stream.gather(slots, from, to, into.rows);
    else if (into.silent) this.#options.errors.silently(() => map.gather(slots, from, to, into.rows));
    else map.gather(slots, from, to, into.rows);
  }
}
