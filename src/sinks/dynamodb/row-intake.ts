import type { Batch } from '../../engine/batch.ts';
import { Column } from '../../engine/column.ts';
import { nowMs, type Clock } from '../../platform/clock.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import type { AcceptLedger } from './accept-ledger.ts';
import { ItemError } from './item-error.ts';
import type { ItemLayout, Row } from './layout.ts';
import { SENT, SENT_STALE } from './pending-rows.ts';
import type { PendingRows } from './pending-rows.ts';
import { sameValue } from './same-value.ts';
import type { Tombstones } from './tombstones.ts';

export interface RowIntakeDeps {
  readonly columns: readonly PlanColumn[];
  readonly primaryKey: readonly number[];
  readonly layout: ItemLayout;
  readonly rows: PendingRows;
  readonly ledger: AcceptLedger;
  readonly clock: Clock;
  /** True if retractions delete nothing. */
  readonly ignoreDelete: boolean;
  /** The tombstones that a change of a row makes obsolete; undefined if there never are any. */
  readonly tombstones: Tombstones | undefined;
  /** Called with the slot of a row that had no pending change. */
  onNew(slot: number): void;
  onDeadLetter(key: readonly Datum[], error: ItemError): void;
}

/** A change of a row at a barrier, in the `number`th call. */
interface Change {
  readonly deleted: boolean;
  readonly epoch: number;
  readonly number: number;
  /** Place of the version that the row replaces; -1 if it is not known. */
  readonly before: number;
}

/** Takes the changes of a view as the newest changes of pending rows. */
export class RowIntake {
  /** Number of changes that replaced one that was not sent yet. */
  coalesced = 0;
  /** Number of changes of which nothing that is written differs. */
  unchanged = 0;
  /** Number of rows whose keys no item can have. */
  buried = 0;
  readonly #deps: RowIntakeDeps;

  constructor(deps: RowIntakeDeps) {
    this.#deps = deps;
  }

  /** Takes the changes of a barrier. */
  accept(changes: Batch, epoch: number): void {
    const { rows, ledger, clock, ignoreDelete } = this.#deps;
    rows.usePool(changes.column(0).pool);
    const number = ledger.next(nowMs(clock));
    const { weights, columns } = changes;
    const hasParts = rows.parts !== undefined;
    for (let i = 0; i < changes.n; i++) {
      if (weights[i]! < 0) continue;
      const before = hasParts && i > 0 && this.#isUpdate(changes, i - 1) ? i - 1 : -1;
      this.#take(columns, i, { deleted: false, epoch, number, before });
    }
    if (ignoreDelete) return;
    // Retractions come second: one whose key also has a new row in this batch is no deletion, whatever their order.
    for (let i = 0; i < changes.n; i++) {
      if (weights[i]! > 0 || this.#isUpdate(changes, i)) continue;
      this.#take(columns, i, { deleted: true, epoch, number, before: -1 });
    }
  }

  /** Takes a whole row. */
  takeRow(row: readonly Datum[], epoch: number): void {
    this.#takeAlone(row, false, epoch);
  }

  /** Takes the end of the row with a key. */
  endRow(key: readonly Datum[], epoch: number): void {
    const { columns, primaryKey } = this.#deps;
    const row: Datum[] = columns.map(() => null);
    primaryKey.forEach((c, k) => (row[c] = key[k]!));
    this.#takeAlone(row, true, epoch);
  }

  #takeAlone(row: readonly Datum[], deleted: boolean, epoch: number): void {
    const { rows, ledger, clock } = this.#deps;
    const columns = this.#deps.columns.map(({ type }) => new Column(type, 1, rows.pool));
    columns.forEach((column, c) => column.set(0, row[c]!));
    const number = ledger.next(nowMs(clock));
    this.#take(columns, 0, { deleted, epoch, number, before: -1 });
  }

  /** Returns whether row `i` is a retraction directly followed by the new version of the row: the same key at +1. */
  #isUpdate({ weights, n, columns }: Batch, i: number): boolean {
    if (i + 1 >= n || weights[i]! > 0 || weights[i + 1]! < 0) return false;
    return this.#deps.primaryKey.every((c) => sameValue(columns[c]!, i, i + 1));
  }

  /** Takes row `i` as the newest change of its key. `before` is the place of the version that it replaces, or -1. */
  #take(row: Row, i: number, change: Change): void {
    const { layout, ledger, rows, primaryKey, onDeadLetter, onNew, tombstones } = this.#deps;
    const { deleted, number, before } = change;
    if (before >= 0 && !rows.parts!.differ(row, before, i)) {
      this.unchanged++;
      return;
    }
    let key: string;
    try {
      key = layout.encodeKey(row, i);
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      // No item can have such a key, so there is none to delete.
      if (deleted) return;
      this.buried++;
      onDeadLetter(
        primaryKey.map((c) => row[c]!.get(i)),
        error,
      );
      return;
    }
    tombstones?.remove(key);
    let slot = rows.find(key);
    if (slot < 0) {
      slot = rows.add(key);
      rows.waitingSince[slot] = number;
      ledger.waits(number);
      onNew(slot);
    } else {
      const putInThisBatch = rows.acceptedIn[slot] === number && rows.deleted[slot] === 0;
      if (deleted && putInThisBatch) return;
      if (rows.state[slot] === SENT) {
        rows.state[slot] = SENT_STALE;
        rows.staleSince[slot] = number;
      } else {
        this.coalesced++;
      }
    }
    if (before >= 0) rows.parts?.addDifferences(slot, row, before, i);
    else rows.parts?.addAll(slot);
    rows.acceptedIn[slot] = number;
    rows.deleted[slot] = deleted ? 1 : 0;
    rows.epochs[slot] = change.epoch;
    rows.copyRow(slot, row, i, deleted);
  }
}
