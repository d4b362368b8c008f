import type { FuncCall, Node } from '@pgsql/types';
import { columnText } from './column-text.ts';

/** Aggregates of other systems, each with what to write instead. */
const ELSEWHERE: ReadonlyMap<string, string | ((node: FuncCall) => string)> = new Map<
  string,
  string | ((node: FuncCall) => string)
>([
  ['approx_count_distinct', 'use COUNT(DISTINCT ...), which is exact here and costs no more'],
  ['json_agg', 'use JSONB_AGG'],
  ['json_object_agg', 'use JSONB_OBJECT_AGG'],
  ['any_value', 'use MIN or MAX'],
  ['bit_and', 'aggregate each bit on its own: BOOL_AND(x & 4 <> 0)'],
  ['bit_or', 'aggregate each bit on its own: BOOL_OR(x & 4 <> 0)'],
  ['bit_xor', 'aggregate each bit on its own: COUNT(*) FILTER (WHERE x & 4 <> 0) % 2'],
  ['var_pop', (node) => `compute it from sums: ${variance(node, false)}`],
  ['var_samp', (node) => `compute it from sums: ${variance(node, true)}`],
  ['variance', (node) => `compute it from sums: ${variance(node, true)}`],
  ['stddev_pop', (node) => `compute it from sums: sqrt(${variance(node, false)})`],
  ['stddev_samp', (node) => `compute it from sums: sqrt(${variance(node, true)})`],
  ['stddev', (node) => `compute it from sums: sqrt(${variance(node, true)})`],
  ['covar_pop', (node) => `compute it from sums: ${covariance(node, false)}`],
  ['covar_samp', (node) => `compute it from sums: ${covariance(node, true)}`],
  ['corr', fromSums],
  ['regr_slope', fromSums],
  ['percentile_disc', (node) => `take it from the sorted values: ${percentile(node)}`],
  ['percentile_cont', (node) => `take the value at that place, without interpolation: ${percentile(node)}`],
  ['median', (node) => `take the value in the middle, without interpolation: ${percentile(node)}`],
  [
    'mode',
    'count each value in one view; in another, number the values of each group in a sub-select, ROW_NUMBER() OVER ' +
      '(PARTITION BY ... ORDER BY n DESC, value) AS rn, and keep WHERE rn <= 1',
  ],
]);

function fromSums(): string {
  return 'compute it from SUM(x), SUM(y), SUM(x * x), SUM(x * y) and COUNT(*) over rows in which neither is NULL';
}

/** Returns whether a name is that of an aggregate which is missing here. */
export function isAggregateElsewhere(name: string): boolean {
  return ELSEWHERE.has(name);
}

/** Returns what to write instead of an aggregate that is missing here. The formulas treat NULL as PostgreSQL does. */
export function aggregateHint(name: string, node: FuncCall): string | undefined {
  const hint = ELSEWHERE.get(name);
  return typeof hint === 'function' ? hint(node) : hint;
}

/** A single division of exact sums, in which no digits cancel out. */
function variance(node: FuncCall, isSample: boolean): string {
  const x = argument(node.args?.[0], 'x');
  return (
    `(COUNT(${x}) * SUM(${x}::numeric * ${x}::numeric) - SUM(${x}::numeric) * SUM(${x}::numeric))` +
    ` / NULLIF(COUNT(${x}) * ${isSample ? `(COUNT(${x}) - 1)` : `COUNT(${x})`}, 0)`
  );
}

/** Counts and sums cover the rows in which neither argument is NULL: `COUNT(y + x)` counts them. */
function covariance(node: FuncCall, isSample: boolean): string {
  const [y, x] = [argument(node.args?.[0], 'y'), argument(node.args?.[1], 'x')];
  const [n, sumY, sumX] = [`COUNT(${y} + ${x})`, sumWith(y, x), sumWith(x, y)];
  return (
    `(${n} * SUM(${y}::numeric * ${x}::numeric) - ${sumY} * ${sumX})` +
    ` / NULLIF(${n} * ${isSample ? `(${n} - 1)` : n}, 0)`
  );
}

function sumWith(x: string, other: string): string {
  return `SUM(${x}::numeric) FILTER (WHERE ${other} IS NOT NULL)`;
}

function percentile(node: FuncCall): string {
  const isOrdered = node.agg_within_group === true;
  const sort = isOrdered ? node.agg_order?.[0] : undefined;
  const x = argument(sort !== undefined && 'SortBy' in sort ? sort.SortBy.node : node.args?.[0], 'x');
  const p = isOrdered ? numberText(node.args?.[0]) : '0.5';
  const order =
    sort !== undefined && 'SortBy' in sort && sort.SortBy.sortby_dir === 'SORTBY_DESC' ? ' DESC' : '';
  return (
    `(ARRAY_AGG(${x} ORDER BY ${x}${order}) FILTER (WHERE ${x} IS NOT NULL))` +
    `[GREATEST(1, ceil(${p} * COUNT(${x}))::int)]`
  );
}

function numberText(node: Node | undefined): string {
  return node !== undefined && 'A_Const' in node ? (node.A_Const.fval?.fval ?? '0.5') : '0.5';
}

/** Returns the argument if it is a column, or else `name` as a stand-in. */
function argument(node: Node | undefined, name: string): string {
  return columnText(node) ?? name;
}
