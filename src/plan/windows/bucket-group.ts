import { BIGINT, BYTEA, DATE, INTEGER, sameType } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { Expr } from '../expr.ts';
import type { AggregateCall, AggregateNode, PlanColumn, PlanNode } from '../nodes.ts';
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

/** What a series adds up: a sum, or a count of rows or of values that are not NULL. */
export type SeriesCall = Pick<AggregateCall, 'name' | 'args' | 'filter' | 'type'>;

/** Collects the series of one day expression, and makes the plan that keeps them. */
export class BucketGroupBuilder {
  readonly #input: BucketInput;
  readonly #day: Expr;
  readonly #calls: SeriesCall[] = [];
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
      buckets: { name, type: BYTEA },
      series: this.#series,
      get byDay() {
        return byDay();
      },
    };
  }

  /** Returns the series of an aggregate call, which is one of the calls before if it has the same key. */
  series(key: string, call: SeriesCall): Series {
    let found = this.#byKey.get(key);
    if (found === undefined) {
      const meaning = meaningOf({ of: this.#input.node, day: this.#day, call });
      found = { type: call.type, meaning, label: labelOf(call) };
      this.#byKey.set(key, found);
      this.#series.push(found);
      this.#calls.push(call);
    }
    return found;
  }

  #byDay(): AggregateNode {
    const { keys, keyColumns, node } = this.#input;
    const calls = this.#calls.map((call): AggregateCall => ({
      ...call,
      distinct: false,
      orderBy: [],
      nullable: call.name !== 'count',
    }));
    return {
      kind: 'aggregate',
      input: node,
      groupBy: [...keys, this.#day],
      calls,
      global: false,
      columns: [
        ...keyColumns,
        { name: 'day', type: DATE, nullable: true },
        ...calls.map(({ type, nullable }, i) => ({ name: `value${i}`, type, nullable })),
      ],
    };
  }

  /** Returns the plan with a row per group: its keys and its buckets. */
  plan(): AggregateNode {
    const { keys, keyColumns, node } = this.#input;
    const limit: Expr = {
      kind: 'const',
      type: INTEGER,
      nullable: false,
      value: this.oldest + 1 + SPARE_DAYS,
    };
    const { buckets } = this.group;
    const call: AggregateCall = {
      name: 'day_buckets',
      args: [this.#day, ...this.#calls.map(addedValue), limit],
      distinct: false,
      orderBy: [],
      type: BYTEA,
      nullable: false,
    };
    return {
      kind: 'aggregate',
      input: node,
      groupBy: keys,
      calls: [call],
      global: keys.length === 0,
      columns: [...keyColumns, { ...buckets, nullable: false }],
    };
  }
}

/** Returns what a row adds to a series; NULL adds nothing. */
function addedValue({ name, args, filter, type }: SeriesCall): Expr {
  const [arg] = args;
  if (name === 'sum') {
    const value: Expr = sameType(arg!.type, type)
      ? arg!
      : { kind: 'cast', type, nullable: arg!.nullable, arg: arg!, span: arg!.span };
    return filter === undefined ? value : onlyIf([filter], value);
  }
  const one: Expr = { kind: 'const', type: BIGINT, nullable: false, value: 1n };
  const conditions = [
    ...(filter === undefined ? [] : [filter]),
    ...(arg === undefined || !arg.nullable ? [] : [isPresent(arg)]),
  ];
  return conditions.length === 0 ? one : onlyIf(conditions, one);
}

function isPresent(arg: Expr): Expr {
  const type: SqlType = { kind: 'boolean' };
  return { kind: 'not', type, nullable: false, arg: { kind: 'is_null', type, nullable: false, arg } };
}

function onlyIf(conditions: readonly Expr[], then: Expr): Expr {
  const { type } = then;
  const when: Expr =
    conditions.length === 1
      ? conditions[0]!
      : { kind: 'and', type: { kind: 'boolean' }, nullable: true, args: conditions };
  const otherwise: Expr = { kind: 'const', type, nullable: true, value: null };
  return { kind: 'case', type, nullable: true, arms: [{ when, then }], otherwise };
}

/** Returns a text that changes with the definition of a series, but not with its place in the files. */
function meaningOf(definition: object): string {
  return JSON.stringify(definition, (name, value: unknown) => {
    if (name === 'span') return undefined;
    if (name === 'fn') return (value as { readonly id: string }).id;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}

function labelOf({ name, args }: SeriesCall): string {
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
