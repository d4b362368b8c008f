import { exactDouble } from '../../values/exact-double.ts';
import type { Packer, Unpacker } from './packer.ts';

/** The part of a sum of doubles that does not fit the accumulators of its group. */
export interface WideSum {
  /** The exact sum of the finite values, times 2^1074. */
  readonly finite: bigint;
  readonly nans: number;
  readonly infinities: number;
  readonly negativeInfinities: number;
}

const NOTHING: WideSum = { finite: 0n, nans: 0, infinities: 0, negativeInfinities: 0 };

/**
 * The parts of an operator's double sums that do not fit the accumulators of their groups (aggregates/double-sum.ts):
 * values too large or too fine for them, NaN and the infinities. Each part has a number; 0 stands for an empty part.
 *
 * Parts are immutable. A changed part gets a new number, and the old number stays valid until `settle`, because the
 * old accumulators of a group still refer to it.
 */
export class WideSums {
  /** By number. */
  #parts: (WideSum | undefined)[] = [undefined];
  #free: number[] = [];
  /** By number: `#settled` when it was given. If that is the present value, no old accumulators refer to the number. */
  readonly #givenAt: number[] = [0];
  /** How often `settle` was called. */
  #settled = 0;
  #replaced: number[] = [];

  get(number: number): WideSum {
    return this.#parts[number] ?? NOTHING;
  }

  /** Adds x (weight 1) to a part or subtracts it (-1); returns the number of the new part. */
  add(number: number, x: number, weight: number): number {
    const { finite, nans, infinities, negativeInfinities } = this.get(number);
    this.#leave(number);
    const isFinite = Number.isFinite(x);
    const part = {
      finite: isFinite ? finite + (weight > 0 ? exactDouble(x) : -exactDouble(x)) : finite,
      nans: Number.isNaN(x) ? nans + weight : nans,
      infinities: x === Infinity ? infinities + weight : infinities,
      negativeInfinities: x === -Infinity ? negativeInfinities + weight : negativeInfinities,
    };
    const isNothing =
      part.finite === 0n && part.nans === 0 && part.infinities === 0 && part.negativeInfinities === 0;
    return isNothing ? 0 : this.#keep(part);
  }

  #keep(part: WideSum): number {
    const number = this.#free.pop() ?? this.#parts.length;
    this.#parts[number] = part;
    this.#givenAt[number] = this.#settled;
    return number;
  }

  #leave(number: number): void {
    if (number === 0) return;
    if (this.#givenAt[number] === this.#settled) this.free(number);
    else this.#replaced.push(number);
  }

  /** Frees a number, for instance that of a removed group. */
  free(number: number): void {
    if (number === 0) return;
    this.#parts[number] = undefined;
    this.#free.push(number);
  }

  /** Frees the parts that were replaced: old accumulators are no longer read. */
  settle(): void {
    for (const number of this.#replaced) this.free(number);
    this.#replaced = [];
    this.#settled++;
  }

  get live(): number {
    return this.#parts.length - 1 - this.#free.length;
  }
  /** Estimated bytes: a part is an object and a bigint of up to 2,200 bits. */
  get bytes(): number {
    return this.#parts.length * 8 + this.live * 350;
  }

  save(to: Packer): void {
    to.array(Int32Array.from(this.#free));
    const parts = this.#parts.map((p) => p ?? NOTHING);
    to.datums(parts.map((p) => p.finite));
    to.array(Float64Array.from(parts.flatMap((p) => [p.nans, p.infinities, p.negativeInfinities])));
  }
  restore(from: Unpacker): void {
    this.#free = [...from.i32()];
    const finite = from.datums() as bigint[];
    const counts = from.f64();
    this.#parts = finite.map((sum, i) => ({
      finite: sum,
      nans: counts[3 * i]!,
      infinities: counts[3 * i + 1]!,
      negativeInfinities: counts[3 * i + 2]!,
    }));
    for (const number of [0, ...this.#free]) this.#parts[number] = undefined;
    this.#settled++;
  }
}
