import { arrayOf, DATE } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { Expr } from '../expr.ts';
import type { AggregateCall, AggregateNode, PlanColumn, PlanNode } from '../nodes.ts';
import { exprKey } from './expr-key.ts';
import type { BucketGroup, Series } from './late.ts';

/**
 * Days of a group beyond those that a window covers: days in the future, dated by devices whose clock is wrong. A group
 * with more of them loses its oldest day.
 */
const SPARE_DAYS = 36;

/** The rows that are put into buckets. */
export interface BucketInput {
  readonly node: PlanNode;
  /** The expressions that identify a group, over `node`. */
  readonly keys: readonly Expr[];
  readonly keyColumns: readonly PlanColumn[];
}

/** Collects the series of one day expression, and makes the plan that keeps them. */
export class BucketGroupBuilder {
  readonly #input: BucketInput;
  readonly #day: Expr;
  readonly #calls: AggregateCall[] = [];
  readonly #series: Series[] = [];
  readonly #byKey = new Map<string, Series>();
  /** The group, whose list of series grows until {@link plan} is called. */
  readonly group: BucketGroup;
  /** The oldest day that a window covers, in days ago. */
  oldest = 0;

  /** `day` is a DATE over the input's columns. */
  constructor(input: BucketInput, day: Expr, name: string) {
    this.#input = input;
    this.#day = day;
    const byDay = (): PlanNode => this.#byDay();
    this.group = {
      days: { name: `${name}_days`, type: arrayOf(DATE) },
      series: this.#series,
      get byDay() {
        return byDay();
      },
    };
  }

  /** Returns the series of an aggregate call, which is of the calls before if one has the same key. */
  series(key: string, call: Pick<AggregateCall, 'name' | 'args' | 'filter' | 'type'>): Series {
    let found = this.#byKey.get(key);
    if (found === undefined) {
      const name = `${this.group.days.name}_${this.#series.length}`;
      const meaning = `${exprKey(this.#day)} ${call.name} ${key}`;
      const values = { name, type: arrayOf(call.type) };
      found = { values, type: call.type, meaning, label: labelOf(call) };
      this.#byKey.set(key, found);
      this.#series.push(found);
      this.#calls.push({ ...call, distinct: false, orderBy: [], nullable: call.name !== 'count' });
    }
    return found;
  }

  #byDay(): AggregateNode {
    const { keys, keyColumns } = this.#input;
    const day: PlanColumn = { name: 'day', type: DATE, nullable: true };
    return {
      kind: 'aggregate',
      input: this.#input.node,
      groupBy: [...keys, this.#day],
      calls: this.#calls,
      global: false,
      columns: [
        ...keyColumns,
        day,
        ...this.#calls.map(({ type, nullable }, i) => ({ name: `value${i}`, type, nullable })),
      ],
    };
  }

  /** Returns the plan with a row per group: its keys, its days, and the values of each series. */
  plan(): PlanNode {
    const { keys, keyColumns } = this.#input;
    const byDay = this.#byDay();
    const column = (index: number): Expr => ({ kind: 'column', index, ...byDay.columns[index]! });
    const at = keys.length;
    const latest: PlanNode = {
      kind: 'top_n',
      input: byDay,
      partitionBy: keys.map((_, k) => column(k)),
      orderBy: [{ expr: column(at), descending: true, nullsFirst: true }],
      limit: this.oldest + 1 + SPARE_DAYS,
      offset: 0,
      rank: false,
      columns: byDay.columns,
    };
    const collect = (index: number, type: SqlType): AggregateCall => ({
      name: 'array_agg',
      args: [column(index)],
      distinct: false,
      orderBy: [{ expr: column(at), descending: false, nullsFirst: false }],
      type,
      nullable: false,
    });
    const columns = [this.group.days, ...this.#series.map(({ values }) => values)];
    return {
      kind: 'aggregate',
      input: latest,
      groupBy: keys.map((_, k) => column(k)),
      calls: columns.map(({ type }, i) => collect(at + i, type)),
      global: keys.length === 0,
      columns: [...keyColumns, ...columns.map(({ name, type }) => ({ name, type, nullable: false }))],
    };
  }
}

function labelOf({ name, args }: Pick<AggregateCall, 'name' | 'args'>): string {
  const [arg] = args;
  if (arg === undefined) return 'rows';
  return arg.kind === 'column' ? arg.name : name;
}

/** Returns the rows of COUNT(DISTINCT value): one per group and value, with the last day of the value. */
export function lastSeen(
  input: BucketInput,
  value: Expr,
  day: Expr,
): { readonly input: BucketInput; readonly value: Expr; readonly day: Expr } {
  const { keys, keyColumns } = input;
  const columns: PlanColumn[] = [
    ...keyColumns,
    { name: 'value', type: value.type, nullable: true },
    { name: 'last_day', type: DATE, nullable: true },
  ];
  const node: AggregateNode = {
    kind: 'aggregate',
    input: input.node,
    groupBy: [...keys, value],
    calls: [{ name: 'max', args: [day], distinct: false, orderBy: [], type: DATE, nullable: true }],
    global: false,
    columns,
  };
  const column = (index: number): Expr => ({ kind: 'column', index, ...columns[index]! });
  return {
    input: { node, keys: keys.map((_, k) => column(k)), keyColumns },
    value: column(keys.length),
    day: column(keys.length + 1),
  };
}
