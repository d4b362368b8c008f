import type { AggregateCall } from '../../plan/nodes.ts';
import { encodeDayBuckets, type BucketValue, type SeriesKind } from '../../values/day-buckets.ts';
import type { Datum } from '../../values/datum.ts';
import { fit96, ONE } from '../../values/numeric.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import type { Batch } from '../batch.ts';
import type { Column } from '../column.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { CollectingAggregate } from './aggregate.ts';

/** A sum: a whole number up to 2^53 as a double, or else a datum (a NUMERIC times 10^28). */
type Sum = number | bigint;

/** The days of one group, ascending, with the sums of each series on each day. */
interface Days {
  readonly days: number[];
  /** The number of rows of each day. */
  readonly rows: number[];
  /** By day and series: the number of values that are not NULL, and their sum. */
  readonly counts: number[];
  readonly sums: Sum[];
}

/**
 * The aggregate `day_buckets(day, value, ..., limit)`: sums of each value by day, for the latest `limit` days, as the
 * bytes of values/day-buckets.ts. Rows without a day are not in the result. The sums are exact, and a function of the
 * group's rows alone.
 */
export class DayBucketsAggregate implements CollectingAggregate {
  readonly #kinds: readonly SeriesKind[];
  readonly #limit: number;
  #groups: (Days | undefined)[] = [];
  #live = 0;

  constructor(call: AggregateCall) {
    const values = call.args.slice(1, -1);
    this.#kinds = values.map(({ type }) => (type.kind === 'numeric' ? 'numeric' : 'bigint'));
    const limit = call.args.at(-1)!;
    this.#limit = limit.kind === 'const' ? (limit.value as number) : Infinity;
  }

  /** Adds row `i` of `batch` to a group (weight 1) or retracts it (-1). */
  apply(group: number, batch: Batch, i: number, weight: number): void {
    let of = this.#groups[group];
    if (of === undefined) this.#groups[group] = of = { days: [], rows: [], counts: [], sums: [] };
    const dayColumn = batch.column(0);
    if (dayColumn.nulls[i] === 1) return;
    const at = this.#placeOf(of, dayColumn.v[i] as number);
    of.rows[at]! += weight;
    const series = this.#kinds.length;
    for (let s = 0; s < series; s++) {
      const column = batch.column(1 + s);
      if (column.nulls[i] === 1) continue;
      const place = at * series + s;
      of.counts[place]! += weight;
      of.sums[place] = added(of.sums[place]!, valueOf(column, i), weight, this.#kinds[s]!);
    }
    if (of.rows[at] === 0) this.#remove(of, at);
  }

  /** Returns the place of a day, which is inserted if it is new. Most rows are of the last days. */
  #placeOf({ days, rows, counts, sums }: Days, day: number): number {
    let at = days.length;
    while (at > 0 && days[at - 1]! > day) at--;
    if (at > 0 && days[at - 1] === day) return at - 1;
    const series = this.#kinds.length;
    days.splice(at, 0, day);
    rows.splice(at, 0, 0);
    const none = Array.from({ length: series }, () => 0);
    counts.splice(at * series, 0, ...none);
    sums.splice(at * series, 0, ...none);
    this.#live++;
    return at;
  }

  #remove({ days, rows, counts, sums }: Days, at: number): void {
    const series = this.#kinds.length;
    days.splice(at, 1);
    rows.splice(at, 1);
    counts.splice(at * series, series);
    sums.splice(at * series, series);
    this.#live--;
  }

  free(group: number): void {
    this.#live -= this.#groups[group]?.days.length ?? 0;
    this.#groups[group] = undefined;
  }

  /** Returns the bytes of a group's latest days. */
  result(group: number): Datum {
    const { days, counts, sums } = this.#groups[group] ?? EMPTY;
    const first = Math.max(0, days.length - this.#limit);
    const series = this.#kinds.length;
    const values = this.#kinds.map((_, s) => {
      const of: BucketValue[] = [];
      for (let at = first; at < days.length; at++) {
        const place = at * series + s;
        of.push(counts[place] === 0 ? null : rounded(sums[place]!, this.#kinds[s]!));
      }
      return of;
    });
    const bytes: number[] = [];
    encodeDayBuckets(bytes, { days: first === 0 ? days : days.slice(first), values }, this.#kinds);
    return Uint8Array.from(bytes);
  }

  get liveRows(): number {
    return this.#live;
  }

  /** It holds no texts. */
  markTexts(): void {}

  save(to: Packer): void {
    const places: number[] = [];
    const numbers: number[] = [];
    const wide: string[] = [];
    this.#groups.forEach((of, group) => {
      if (of === undefined) return;
      places.push(group, of.days.length, ...of.days, ...of.rows, ...of.counts);
      for (const sum of of.sums) {
        numbers.push(typeof sum === 'number' ? sum : NaN);
        if (typeof sum === 'bigint') wide.push(String(sum));
      }
    });
    to.array(Int32Array.from(places));
    to.array(Float64Array.from(numbers));
    to.array(Uint8Array.from(Buffer.from(wide.join(' '))));
  }

  restore(from: Unpacker): void {
    const places = from.i32();
    const numbers = from.f64();
    const wide = Buffer.from(from.u8()).toString().split(' ');
    const series = this.#kinds.length;
    this.#groups = [];
    this.#live = 0;
    let [number, big] = [0, 0];
    for (let p = 0; p < places.length;) {
      const group = places[p++]!;
      const count = places[p++]!;
      const take = (n: number): number[] => [...places.subarray(p, (p += n))];
      const days = take(count);
      const rows = take(count);
      const counts = take(count * series);
      const sums = Array.from({ length: count * series }, (): Sum => {
        const sum = numbers[number++]!;
        return Number.isNaN(sum) ? BigInt(wide[big++]!) : sum;
      });
      this.#groups[group] = { days, rows, counts, sums };
      this.#live += count;
    }
  }
}

const EMPTY: Days = { days: [], rows: [], counts: [], sums: [] };

/** Returns a sum with the digits that its type has; NULL if the type cannot hold it. */
function rounded(sum: Sum, kind: SeriesKind): BucketValue {
  if (typeof sum === 'number') return sum;
  if (kind === 'bigint') return BigInt.asIntN(64, sum) === sum ? sum : null;
  try {
    return fit96(sum);
  } catch (error) {
    if (error instanceof SqlValueError) return null;
    throw error;
  }
}

/** Returns a BIGINT or NUMERIC value: a whole number as a double if it fits. */
function valueOf(column: Column, i: number): Sum {
  if (column.layout === 'i64') {
    const [low, high] = [column.w[2 * i]!, column.w[2 * i + 1]!];
    if (high >= -0x100000 && high < 0x100000) return high * 0x100000000 + (low >>> 0);
    return column.v[i] as bigint;
  }
  const whole = column.v[i] as number;
  if (column.f1[i] === 0 && column.f2[i] === 0 && !Number.isNaN(whole)) return whole;
  return column.get(i) as bigint;
}

/** Returns `sum + weight * value`, exactly. */
function added(sum: Sum, value: Sum, weight: number, kind: SeriesKind): Sum {
  if (typeof sum === 'number' && typeof value === 'number') {
    const total = sum + weight * value;
    if (Number.isSafeInteger(total)) return total;
  }
  const one = kind === 'numeric' ? ONE : 1n;
  const datum = (x: Sum): bigint => (typeof x === 'number' ? BigInt(x) * one : x);
  const total = datum(sum) + BigInt(weight) * datum(value);
  if (total % one !== 0n) return total;
  const whole = Number(total / one);
  return Number.isSafeInteger(whole) ? whole : total;
}
