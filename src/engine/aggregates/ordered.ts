import { jsonbKey, jsonbObjectText, toJsonb } from '../../functions/json-build.ts';
import type { AggregateCall } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { MAX_LENGTH } from '../../values/size-limit.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import type { SqlType } from '../../values/types.ts';
import type { Batch } from '../batch.ts';
import { rowComparator } from '../state/row-comparator.ts';
import type { CompareSlots, SortKey } from '../state/row-comparator.ts';
import { RowStore } from '../state/row-store.ts';
import { SortedSlots } from '../state/sorted-slots.ts';
import type { CollectingAggregate } from './aggregate.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { StringPool } from '../text/string-pool.ts';

/**
 * Aggregates that keep the values of their group in order: MIN and MAX with retractions, ARRAY_AGG, STRING_AGG,
 * JSONB_AGG, JSONB_OBJECT_AGG, FIRST_VALUE, LAST_VALUE. Identical rows are kept once with a count. The arguments break
 * ties of the ORDER BY, so that the result is a function of the group's rows.
 *
 * Rows are [arguments..., order keys...].
 */
export class OrderedAggregate implements CollectingAggregate {
  readonly #call: AggregateCall;
  readonly #rows: RowStore;
  readonly #compare: CompareSlots;
  /** With DISTINCT: returns 0 for two rows of which the result has only one. */
  readonly #equals: CompareSlots | undefined;
  #counts: number[] = [];
  readonly #groups: (SortedSlots | undefined)[] = [];

  constructor(call: AggregateCall, pool: StringPool) {
    this.#call = call;
    this.#rows = new RowStore(orderedTypes(call), pool);
    const keys: SortKey[] = call.orderBy.map((key, i) => ({
      column: call.args.length + i,
      descending: key.descending,
      nullsFirst: key.nullsFirst,
    }));
    const args = call.args.map((_, column) => ({ column, descending: false, nullsFirst: false }));
    this.#compare = rowComparator(this.#rows.columns, [...keys, ...args]);
    this.#equals = call.distinct ? rowComparator(this.#rows.columns, args, true) : undefined;
  }

  /** Adds row `i` of `batch` to a group (weight 1) or retracts it (-1). */
  apply(group: number, batch: Batch, i: number, weight: number): void {
    let order = this.#groups[group];
    if (order === undefined) {
      order = new SortedSlots();
      this.#groups[group] = order;
    }
    const probe = this.#rows.insert(batch, i);
    const known = order.seek(probe, this.#compare);
    if (known < 0) {
      if (weight < 0) throw new Error(`${this.#call.name}: a row was retracted that had not been added`);
      this.#counts[probe] = 1;
      order.insertHere(probe);
      return;
    }
    this.#rows.free(probe);
    this.#counts[known]! += weight;
    if (this.#counts[known] === 0) {
      order.removeHere();
      this.#rows.free(known);
    }
  }

  free(group: number): void {
    this.#groups[group] = undefined;
  }

  /** Returns the aggregate's value for a group. Throws SqlValueError 54000 for a text or json that is too long. */
  result(group: number): Datum {
    const order = this.#groups[group];
    if (order === undefined || order.size === 0) return null;
    const column = this.#rows.columns[0]!;
    switch (this.#call.name) {
      case 'min':
      case 'first_value':
        return column.get(order.first()!);
      case 'max':
      case 'last_value':
        return column.get(order.last()!);
      case 'array_agg':
        return this.#values(order, (slot) => column.get(slot));
      case 'string_agg':
        return this.#joined(order);
      case 'jsonb_agg': {
        const type = this.#call.args[0]!.type;
        let length = 0;
        const items = this.#values(order, (slot, times) => {
          const item = toJsonb(type, column.get(slot));
          length += item.length * times;
          this.#bound(length);
          return item;
        });
        return `[${items.join(', ')}]`;
      }
      case 'jsonb_object_agg':
        return this.#object(order);
      default:
        throw new Error(`${this.#call.name} is not an ordered aggregate`);
    }
  }

  /** Yields the rows in order; with DISTINCT, one of those with equal arguments. */
  #members(order: SortedSlots): Iterable<number> {
    const equals = this.#equals;
    if (equals === undefined) return order;
    let last: number | undefined;
    return [...order].filter((slot) => {
      if (last !== undefined && equals(last, slot) === 0) return false;
      last = slot;
      return true;
    });
  }

  #values<T>(order: SortedSlots, get: (slot: number, times: number) => T): T[] {
    const out: T[] = [];
    for (const slot of this.#members(order)) {
      const times = this.#call.distinct ? 1 : this.#counts[slot]!;
      const value = get(slot, times);
      for (let n = 0; n < times; n++) out.push(value);
    }
    return out;
  }

  #joined(order: SortedSlots): string {
    const [text, delimiter] = this.#rows.columns;
    let out = '';
    let first = true;
    for (const slot of this.#members(order)) {
      const times = this.#call.distinct ? 1 : this.#counts[slot]!;
      for (let n = 0; n < times; n++) {
        if (!first) out += (delimiter?.get(slot) as string | null) ?? '';
        out += text!.get(slot) as string;
        this.#bound(out.length);
        first = false;
      }
    }
    return out;
  }

  /** The last of several entries with one key wins, as in PostgreSQL. Entries with a NULL key are left out. */
  #object(order: SortedSlots): string {
    const [keys, values] = this.#rows.columns;
    const [keyType, valueType] = this.#call.args.map((a) => a.type) as [SqlType, SqlType];
    const entries: [string, string][] = [];
    let length = 0;
    for (const slot of this.#members(order)) {
      const key = keys!.get(slot);
      if (key === null) continue;
      const entry: [string, string] = [jsonbKey(keyType, key), toJsonb(valueType, values!.get(slot))];
      length += entry[0].length + entry[1].length;
      this.#bound(length);
      entries.push(entry);
    }
    return jsonbObjectText(entries);
  }

  #bound(length: number): void {
    if (length <= MAX_LENGTH) return;
    throw new SqlValueError(
      '54000',
      `${this.#call.name}: the result is too long (at most ${MAX_LENGTH} characters)`,
    );
  }

  get liveRows(): number {
    return this.#rows.live;
  }

  markTexts(marks: TextMarks): void {
    this.#rows.markTexts(marks);
  }

  save(to: Packer): void {
    to.rows(this.#rows);
    to.array(Int32Array.from(this.#counts, (n) => n ?? 0));
    const flat: number[] = [];
    this.#groups.forEach((order, group) => {
      if (order !== undefined && order.size > 0) flat.push(group, order.size, ...order);
    });
    to.array(Int32Array.from(flat));
  }

  restore(from: Unpacker): void {
    from.rows(this.#rows);
    this.#counts = [...from.i32()];
    const flat = from.i32();
    for (let p = 0; p < flat.length;) {
      const group = flat[p]!;
      const size = flat[p + 1]!;
      this.#groups[group] = SortedSlots.of(flat.subarray(p + 2, p + 2 + size));
      p += 2 + size;
    }
  }
}

/** Returns the column types of an ordered aggregate's rows. */
export function orderedTypes(call: AggregateCall): SqlType[] {
  return [...call.args.map((a) => a.type), ...call.orderBy.map((k) => k.expr.type)];
}
