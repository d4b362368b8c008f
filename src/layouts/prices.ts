import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../values/error-message.ts';
import { FreshetError } from '../values/freshet-error.ts';

/** Reserved capacity: bought in hundreds of units, partly paid at once. */
export interface ReservedPrices {
  readonly years: number;
  readonly upfront_100_wcu: number;
  readonly hour_100_wcu: number;
  readonly upfront_100_rcu: number;
  readonly hour_100_rcu: number;
}

/** What DynamoDB costs in one region, as a file in `pricing/` has it. */
export interface Prices {
  /** The day from which the prices are in force, such as `2024-11-01`. */
  readonly date: string;
  readonly region: string;
  readonly currency: string;
  readonly source: string;
  readonly hours_per_month: number;
  readonly on_demand: { readonly million_wru: number; readonly million_rru: number };
  readonly provisioned: { readonly wcu_hour: number; readonly rcu_hour: number };
  readonly reserved: readonly ReservedPrices[];
  readonly storage: { readonly gb_month: number; readonly overhead_bytes_per_item: number };
}

/** The prices that come with the package. */
export const SHIPPED_PRICES = fileURLToPath(
  new URL('../../pricing/dynamodb-us-east-1.json', import.meta.url),
);

/** The form that a file of prices must have, by example. */
const FORM: Prices = {
  date: '',
  region: '',
  currency: '',
  source: '',
  hours_per_month: 0,
  on_demand: { million_wru: 0, million_rru: 0 },
  provisioned: { wcu_hour: 0, rcu_hour: 0 },
  reserved: [{ years: 0, upfront_100_wcu: 0, hour_100_wcu: 0, upfront_100_rcu: 0, hour_100_rcu: 0 }],
  storage: { gb_month: 0, overhead_bytes_per_item: 0 },
};

/** Reads a file of prices. Throws FreshetError `invalid_prices` if it cannot be read or lacks a price. */
export function readPrices(path: string): Prices {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw invalidPrices(path, messageOf(error));
  }
  check(path, given, FORM, '');
  return given as Prices;
}

function check(path: string, given: unknown, form: unknown, at: string): void {
  if (Array.isArray(form)) {
    if (!Array.isArray(given)) throw invalidPrices(path, `"${at}" must be a list`);
    given.forEach((each, i) => check(path, each, form[0], `${at}[${i}]`));
  } else if (typeof form === 'object' && form !== null) {
    if (typeof given !== 'object' || given === null)
      throw invalidPrices(path, `${quoted(at)} must be an object`);
    for (const [name, part] of Object.entries(form))
      check(path, (given as Record<string, unknown>)[name], part, at === '' ? name : `${at}.${name}`);
  } else if (typeof given !== typeof form) {
    throw invalidPrices(path, `${quoted(at)} must be a ${typeof form === 'number' ? 'number' : 'text'}`);
  } else if (typeof given === 'number' && !(given >= 0 && Number.isFinite(given))) {
    throw invalidPrices(path, `${quoted(at)} must be a number of at least 0`);
  }
}

function quoted(at: string): string {
  return at === '' ? 'the file' : `"${at}"`;
}

function invalidPrices(path: string, reason: string): FreshetError {
  return new FreshetError('invalid_prices', `${path} is no file of prices: ${reason}`, {
    hint: `start from a copy of ${SHIPPED_PRICES}`,
  });
}
