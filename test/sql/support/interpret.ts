import { compareDatum, equalDatum } from '../../../src/values/compare.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { numericAdd, numericDiv } from '../../../src/values/numeric.ts';
import { castDatum } from '../../../src/values/cast.ts';
import { BIGINT, NUMERIC } from '../../../src/values/types.ts';
import { evaluate } from '../../../src/plan/evaluate.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import type { AggregateCall, OrderKey, PlanNode, TopNNode } from '../../../src/plan/nodes.ts';

export type Row = readonly Datum[];

/** The input of a plan: the rows of each relation, and the time of now(). */
export interface World {
  readonly relations: ReadonlyMap<string, readonly Row[]>;
  readonly now_us: number;
}

/** Returns the rows of a plan, computed node by node without the engine, to test the binder alone. */
export function interpret(node: PlanNode, world: World): Row[] {
  const value = (e: Expr, row: Row): Datum => evaluate(e, (i) => row[i]!, world.now_us);
  switch (node.kind) {
    case 'scan':
      return [...world.relations.get(node.relation.name)!];
    case 'values':
      return node.rows.map((exprs) => exprs.map((e) => value(e, [])));
    case 'project':
      return interpret(node.input, world).map((row) => node.exprs.map((e) => value(e, row)));
    case 'filter':
      return interpret(node.input, world).filter((row) => value(node.predicate, row) === true);
    case 'union_all':
      return node.inputs.flatMap((input) => interpret(input, world));
    case 'join': {
      const right = interpret(node.right, world);
      return interpret(node.left, world).flatMap((l) => {
        const matches = right.filter((r) => {
          const equal = node.leftKeys.every((k, i) => {
            const a = value(k, l);
            const b = value(node.rightKeys[i]!, r);
            return a !== null && b !== null && equalDatum(k.type, a, b);
          });
          return equal && (node.residual === undefined || value(node.residual, [...l, ...r]) === true);
        });
        if (matches.length === 0 && node.join === 'left')
          return [[...l, ...node.right.columns.map(() => null)]];
        return matches.map((r) => [...l, ...r]);
      });
    }
    case 'aggregate': {
      const input = interpret(node.input, world);
      const keysOf = (row: Row): Row => node.groupBy.map((e) => value(e, row));
      const groups = partition(input, keysOf, node.groupBy);
      if (node.global && groups.length === 0) groups.push({ key: [], rows: [] });
      return groups.map(({ key, rows }) => [...key, ...node.calls.map((c) => call(c, rows, value))]);
    }
    case 'top_n':
      return topN(node, interpret(node.input, world), value);
  }
}

type Value = (e: Expr, row: Row) => Datum;

function partition(
  rows: readonly Row[],
  keyOf: (row: Row) => Row,
  keys: readonly Expr[],
): { key: Row; rows: Row[] }[] {
  const groups: { key: Row; rows: Row[] }[] = [];
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.find((g) => g.key.every((k, i) => equalDatum(keys[i]!.type, k, key[i]!)));
    if (group === undefined) groups.push({ key, rows: [row] });
    else group.rows.push(row);
  }
  return groups;
}

function sorted(rows: readonly Row[], order: readonly OrderKey[], value: Value): Row[] {
  return rows.toSorted((a, b) => {
    for (const k of order) {
      const x = value(k.expr, a);
      const y = value(k.expr, b);
      if (x === null || y === null) {
        if (x === y) continue;
        return (x === null) === k.nullsFirst ? -1 : 1;
      }
      const c = compareDatum(k.expr.type, x, y);
      if (c !== 0) return k.descending ? -c : c;
    }
    return 0;
  });
}

function topN(node: TopNNode, rows: readonly Row[], value: Value): Row[] {
  const groups = partition(rows, (row) => node.partitionBy.map((e) => value(e, row)), node.partitionBy);
  return groups.flatMap((g) =>
    sorted(g.rows, node.orderBy, value)
      .map((row, i): Row => (node.rank ? [...row, BigInt(i + 1)] : row))
      .slice(node.offset, node.offset + node.limit),
  );
}

/** Computes an aggregate over the rows of a group; only those aggregates that the comparison with PostgreSQL uses. */
function call(c: AggregateCall, all: readonly Row[], value: Value): Datum {
  const passed = all.filter((row) => c.filter === undefined || value(c.filter, row) === true);
  if (c.args.length === 0) return BigInt(passed.length);
  const arg = c.args[0]!;
  let rows: Row[] = sorted(passed, c.orderBy, value).map((row) => c.args.map((a) => value(a, row)));
  const skipsNull = !['array_agg', 'jsonb_agg', 'first_value', 'last_value'].includes(c.name);
  if (skipsNull) rows = rows.filter((r) => r[0] !== null);
  if (c.distinct) rows = partition(rows, (r) => r, c.args).map((g) => g.key);
  const values = rows.map((r) => r[0]!);
  if (c.name === 'count') return BigInt(values.length);
  if (values.length === 0) return null;
  switch (c.name) {
    case 'sum':
    case 'avg': {
      if (arg.type.kind === 'double' || arg.type.kind === 'real') {
        const sum = values.reduce<number>((s, v) => s + Number(v), 0);
        return c.name === 'sum' ? sum : sum / values.length;
      }
      const sum = values.map((v) => castDatum(v, arg.type, NUMERIC) as bigint).reduce(numericAdd);
      if (c.name === 'sum') return castDatum(sum, NUMERIC, c.type);
      return numericDiv(sum, castDatum(BigInt(values.length), BIGINT, NUMERIC) as bigint);
    }
    case 'min':
    case 'max': {
      const order = values.toSorted((a, b) => compareDatum(arg.type, a, b));
      return c.name === 'min' ? order[0]! : order.at(-1)!;
    }
    case 'bool_and':
      return values.every((v) => v === true);
    case 'bool_or':
      return values.some((v) => v === true);
    case 'array_agg':
      return values;
    case 'string_agg':
      return rows.map((r, i) => (i === 0 ? '' : ((r[1] as string | null) ?? '')) + (r[0] as string)).join('');
    case 'first_value':
      return values[0]!;
    case 'last_value':
      return values.at(-1)!;
    default:
      throw new Error(`the interpreter does not know ${c.name}`);
  }
}
