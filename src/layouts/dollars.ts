import type { Prices } from './prices.ts';

/** What a layout consumes in a month of an audience. */
export interface MonthlyUse {
  /** Units of writes that events and passing minutes cause. */
  readonly traffic_wru: number;
  /** Units of writes at the midnights. */
  readonly midnight_wru: number;
  readonly rru: number;
  readonly items: number;
  readonly bytes: number;
}

/** Dollars a month, by what they pay for. */
export interface Bill {
  readonly writes: number;
  readonly midnights: number;
  readonly reads: number;
  readonly storage: number;
  readonly total: number;
}

/** The bill by way of paying. Reserved terms are those of the prices, such as `reserved_1_year`. */
export type Bills = Readonly<Record<'on_demand' | 'provisioned' | `reserved_${string}`, Bill>>;

const GB = 2 ** 30;

/**
 * Returns what a month costs. Provisioned and reserved capacity is sized for the average use at the given utilisation,
 * from 0 to 1: at 0.5, twice the average is paid for, to cover the busy hours.
 */
export function billsOf(use: MonthlyUse, prices: Prices, utilisation: number): Bills {
  const { on_demand, provisioned, reserved, storage, hours_per_month } = prices;
  const stored = ((use.bytes + use.items * storage.overhead_bytes_per_item) / GB) * storage.gb_month;
  /** Units per second to provision, for units per month. */
  const provision = (units: number): number => units / (hours_per_month * 3600) / utilisation;
  const bill = (wru: (units: number) => number, rru: (units: number) => number): Bill => {
    const all = wru(use.traffic_wru + use.midnight_wru);
    const share = use.midnight_wru / Math.max(1, use.traffic_wru + use.midnight_wru);
    const reads = rru(use.rru);
    return {
      writes: all * (1 - share),
      midnights: all * share,
      reads,
      storage: stored,
      total: all + reads + stored,
    };
  };
  const bills: Record<string, Bill> = {
    on_demand: bill(
      (units) => (units / 1e6) * on_demand.million_wru,
      (units) => (units / 1e6) * on_demand.million_rru,
    ),
    provisioned: bill(
      (units) => provision(units) * provisioned.wcu_hour * hours_per_month,
      (units) => provision(units) * provisioned.rcu_hour * hours_per_month,
    ),
  };
  for (const term of reserved) {
    const months = term.years * 12;
    const hundreds = (units: number): number => Math.ceil(provision(units) / 100);
    bills[`reserved_${term.years}_${term.years === 1 ? 'year' : 'years'}`] = bill(
      (units) => hundreds(units) * (term.upfront_100_wcu / months + term.hour_100_wcu * hours_per_month),
      (units) => hundreds(units) * (term.upfront_100_rcu / months + term.hour_100_rcu * hours_per_month),
    );
  }
  return bills as Bills;
}
