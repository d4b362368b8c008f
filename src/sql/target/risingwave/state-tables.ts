import { conjuncts } from '../../bind/build.ts';
import { usesNow } from '../../../plan/clock-flow.ts';
import { MIRRORED } from '../../../plan/expr.ts';
import type { Expr } from '../../../plan/expr.ts';
import type { AggregateNode, FilterNode, PlanColumn, PlanNode } from '../../../plan/nodes.ts';
import { planOnlyAppends } from '../../../plan/append-only.ts';
import type { Pipeline, ViewDef } from '../../../plan/pipeline.ts';
import { inputsOf } from '../../../plan/nodes.ts';
import type { SqlType } from '../../../values/types.ts';
import type { StateTables } from '../target.ts';

/**
 * Returns the state that RisingWave keeps for a materialized view whose SQL has been rendered, from the result down to
 * its inputs. Bytes are estimates: fixed lengths of types, 20 bytes for a text, 100 for JSONB and arrays, and 16 for
 * the row itself.
 */
export function stateTables({ columns, plan }: ViewDef, pipeline: Pipeline): readonly StateTables[] {
  const materialized = { operator: 'Materialize', per: rowsOf(plan), bytes: width(columns) };
  const tables = [materialized, ...tablesOf(plan, pipeline)];
  const found = new Map<string, StateTables>();
  for (const table of tables) {
    const key = `${table.operator}|${table.per}|${table.bytes}`;
    found.set(key, { ...table, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

type Table = Omit<StateTables, 'count'>;

function tablesOf(node: PlanNode, pipeline: Pipeline): readonly Table[] {
  return [...own(node, pipeline), ...inputsOf(node).flatMap((input) => tablesOf(input, pipeline))];
}

function own(node: PlanNode, pipeline: Pipeline): readonly Table[] {
  switch (node.kind) {
    case 'filter':
      return filters(node);
    case 'aggregate':
      return aggregates(node, pipeline);
    case 'join':
      return [node.left, node.right].map((side) => ({
        operator: 'HashJoin',
        per: rowsOf(side),
        bytes: width(side.columns),
      }));
    case 'top_n':
      return [{ operator: 'TopN', per: rowsOf(node.input), bytes: width(node.input.columns) }];
    default:
      return [];
  }
}

/** A filter by the clock keeps the rows that are going to leave, or those that are still to come. */
function filters({ input, predicate }: FilterNode): readonly Table[] {
  return conjuncts(predicate)
    .filter(usesNow)
    .map((c) => ({
      operator: 'DynamicFilter',
      per: `${rowsOf(input)} ${isLower(c) ? 'until it leaves' : 'until it enters'}`,
      bytes: width(input.columns) + 8,
    }));
}

/** Returns whether a condition is `row > clock`, which rows leave. */
function isLower(c: Expr): boolean {
  if (c.kind !== 'compare') return true;
  const op = usesNow(c.right) ? c.op : MIRRORED[c.op];
  return op === '>' || op === '>=' || op === '=';
}

/** Returns whether rows enter a filter as time passes, and never leave it. */
function isEntered(predicate: Expr): boolean {
  return conjuncts(predicate).every((c) => !usesNow(c) || !isLower(c));
}

function aggregates({ input, groupBy, calls, global }: AggregateNode, pipeline: Pipeline): readonly Table[] {
  const appends = planOnlyAppends(input, pipeline, isEntered);
  const group = groupName(groupBy, global);
  const keys = groupBy.reduce((sum, e) => sum + bytesOf(e.type), 16);
  const tables: Table[] = [
    { operator: 'HashAgg', per: group, bytes: keys + 8 + calls.reduce((sum, c) => sum + bytesOf(c.type), 0) },
  ];
  const distinct = new Map<string, Expr>();
  for (const { name, args, distinct: isDistinct, orderBy } of calls) {
    const [arg] = args;
    if (arg === undefined) continue;
    if (isDistinct) distinct.set(nameOf(arg), arg);
    const isExtreme = (name === 'min' || name === 'max') && !appends;
    if (!isExtreme && !COLLECTING.has(name)) continue;
    const sorts = orderBy.reduce((sum, k) => sum + bytesOf(k.expr.type), 0);
    const values = args.reduce((sum, e) => sum + bytesOf(e.type), 0);
    tables.push({ operator: `${name} of HashAgg`, per: rowsOf(input), bytes: keys + values + sorts + 8 });
  }
  for (const [name, arg] of distinct) {
    const per = [group === 'view' ? '' : group, name].filter((part) => part !== '').join(', ');
    tables.push({ operator: 'distinct of HashAgg', per, bytes: keys + bytesOf(arg.type) + 8 });
  }
  return tables;
}

/** Aggregates that keep every row. */
const COLLECTING: ReadonlySet<string> = new Set([
  'array_agg',
  'string_agg',
  'jsonb_agg',
  'jsonb_object_agg',
  'first_value',
  'last_value',
]);

function groupName(groupBy: readonly Expr[], global: boolean): string {
  return global ? 'view' : groupBy.map(nameOf).join(', ');
}

function nameOf(e: Expr): string {
  if (e.kind === 'column') return e.name;
  if (e.kind === 'cast') return nameOf(e.arg);
  const inside = 'args' in e ? e.args.map(nameOf).find((name) => name !== 'value') : undefined;
  return inside ?? 'value';
}

/** Returns what a row of a plan stands for. */
function rowsOf(node: PlanNode): string {
  switch (node.kind) {
    case 'scan':
      return `row of ${node.relation.name}`;
    case 'values':
      return 'row of VALUES';
    case 'aggregate':
      return groupName(node.groupBy, node.global);
    case 'join':
      return rowsOf(node.left);
    case 'union_all': {
      const all = new Set(node.inputs.map(rowsOf));
      return [...all].join(' and ');
    }
    case 'top_n':
      return node.partitionBy.length === 0 && node.limit > 0
        ? `one of ${node.limit}`
        : `${rowsOf(node.input)} of the first ${node.limit}`;
    default:
      return rowsOf(node.input);
  }
}

function width(columns: readonly PlanColumn[]): number {
  return columns.reduce((sum, c) => sum + bytesOf(c.type), 16);
}

const BYTES: Partial<Record<SqlType['kind'], number>> = {
  boolean: 1,
  smallint: 2,
  integer: 4,
  real: 4,
  date: 4,
  bigint: 8,
  double: 8,
  time: 8,
  timestamp: 8,
  timestamptz: 8,
  interval: 16,
  numeric: 16,
  varchar: 20,
  bytea: 20,
};

function bytesOf(type: SqlType): number {
  return BYTES[type.kind] ?? 100;
}
