import { BIGINT, BOOLEAN, DATE, typeName } from '../../values/types.ts';
import { usesNow } from '../clock-flow.ts';
import type { Expr } from '../expr.ts';
import { mapExpr } from '../expr.ts';
import type { AggregateCall, AggregateNode, PlanColumn, PlanNode } from '../nodes.ts';
import { endless, notStored, withoutDay } from './aggregate-refusals.ts';
import { bandsOf, type Band, type Banded } from './bands.ts';
import { BucketGroupBuilder, lastSeen, type BucketInput } from './bucket-group.ts';
import { exprKey } from '../expr-key.ts';
import type { Late, LateWindow, StoredColumn, WindowPart } from './late.ts';
import { type Split, storedColumn, storedExpr } from './split-node.ts';
import { QUOTIENT } from './quotient.ts';
import { addsInEveryRow, and, zeroDay } from './sum-zero.ts';
import { WindowRefusal } from './window-refusal.ts';

/** Splits a GROUP BY: calls that use the clock become series of day buckets, the others stay as they are. */
export function splitAggregate(node: AggregateNode, input: Split): Split {
  return new AggregateSplitter(node, input).split();
}

/** A call over the stored columns; its filter has the conditions of the rows' presence. */
type Call = Pick<AggregateCall, 'name' | 'args' | 'filter' | 'distinct' | 'type' | 'span'>;

class AggregateSplitter {
  readonly #node: AggregateNode;
  readonly #source: Split;
  readonly #input: BucketInput;
  readonly #keys: readonly StoredColumn[];
  readonly #presence: readonly Expr[];
  readonly #groups = new Map<string, BucketGroupBuilder>();
  readonly #free: { readonly column: StoredColumn; readonly call: AggregateCall }[] = [];

  constructor(node: AggregateNode, source: Split) {
    this.#node = node;
    this.#source = source;
    const keyColumns = node.columns.slice(0, node.groupBy.length);
    const keys = node.groupBy.map((e) => {
      const plain = storedExpr(e, source);
      if (plain === undefined) throw notStored(e);
      return plain;
    });
    this.#input = { node: source.node, keys, keyColumns };
    this.#keys = keyColumns.map(storedColumn);
    this.#presence = source.presence.map((late) => this.#inline(late, node));
  }

  split(): Split {
    const { calls, columns, global } = this.#node;
    const values = calls.map((call, i) => this.#call(call, columns[this.#keys.length + i]!));
    const presence = this.#presence.length === 0 || global ? [] : [this.#exists()];
    const plans = [...this.#groups.values()].map((group): { plan: PlanNode; own: StoredColumn[] } => ({
      plan: group.plan(),
      own: [group.group.buckets],
    }));
    if (this.#free.length > 0 || plans.length === 0) plans.unshift(this.#freePlan());
    let { plan, own: stored } = { plan: plans[0]!.plan, own: [...this.#keys, ...plans[0]!.own] };
    for (const next of plans.slice(1)) {
      plan = joinOnKeys(plan, next.plan, this.#keys.length);
      stored = [...stored, ...this.#keys.map(storedCopy), ...next.own];
    }
    return {
      node: plan,
      stored,
      outs: [...this.#keys.map((column): Late => ({ kind: 'stored', column })), ...values],
      presence,
    };
  }

  #freePlan(): { plan: PlanNode; own: StoredColumn[] } {
    const { groupBy, global, span } = this.#node;
    const calls = this.#free.map(({ call }) => call);
    const plan: AggregateNode = {
      kind: 'aggregate',
      input: this.#source.node,
      groupBy: this.#input.keys,
      calls,
      global: global && groupBy.length === 0,
      columns: [
        ...this.#input.keyColumns,
        ...this.#free.map(({ column, call }) => ({ ...column, nullable: call.nullable })),
      ],
      span,
    };
    return { plan, own: this.#free.map(({ column }) => column) };
  }

  #call(call: AggregateCall, column: PlanColumn): Late {
    const { node } = this.#source;
    const inline = (e: Expr): Expr => this.#inlined(e, call);
    const filters = [...(call.filter === undefined ? [] : [inline(call.filter)]), ...this.#presence];
    const stored: Call = { ...call, args: call.args.map(inline), filter: and(filters) };
    const orderBy = call.orderBy.map((key) => ({ ...key, expr: inline(key.expr) }));
    const parts = [...stored.args, ...filters, ...orderBy.map(({ expr }) => expr)];
    if (!parts.some(usesNow)) {
      const own = storedColumn(column);
      this.#free.push({ column: own, call: { ...call, ...stored, orderBy } });
      return { kind: 'stored', column: own };
    }
    if (call.name === 'count') return call.distinct ? this.#distinct(stored) : this.#count(stored);
    if (call.name === 'sum' && !call.distinct) return this.#sum(stored);
    if (call.name === 'avg' && !call.distinct) return this.#average(stored);
    throw new WindowRefusal(
      `${call.name}${call.distinct ? '(DISTINCT)' : ''} in a window cannot be added up from days`,
      'keep this sink in layout domain, or leave the column out',
      call.span ?? node.span,
    );
  }

  /** Returns the condition that the clock has left rows of the group. */
  #exists(): Late {
    const call: Call = {
      name: 'count',
      args: [],
      filter: and(this.#presence),
      distinct: false,
      type: BIGINT,
      span: this.#node.span,
    };
    const count: Expr = { kind: 'column', index: 0, name: 'rows', type: BIGINT, nullable: false };
    const none: Expr = { kind: 'const', type: BIGINT, nullable: false, value: 0n };
    const expr: Expr = {
      kind: 'compare',
      op: '>',
      type: BOOLEAN,
      nullable: false,
      left: count,
      right: none,
    };
    return { kind: 'computed', expr, args: [this.#count(call)] };
  }

  #count(call: Call): LateWindow {
    const banded = bandsOf(call.args[0], call.filter);
    const counts = ({ arg }: Pick<Band, 'arg'>): boolean => arg?.kind !== 'const' || arg.value !== null;
    const bands = banded.bands.filter(counts);
    this.#refuseEndless(bands.at(-1), call);
    if (banded.withoutDay !== undefined && counts(banded.withoutDay)) throw withoutDay(call);
    return this.#window('count', banded, bands, call);
  }

  #sum(call: Call): LateWindow {
    if (call.type.kind !== 'bigint' && call.type.kind !== 'numeric') {
      throw new WindowRefusal(
        `a sum of type ${typeName(call.type)} is not exact when its days are added up one by one`,
        'sum a NUMERIC: SUM(x::NUMERIC)',
        call.span,
      );
    }
    const banded = bandsOf(call.args[0], call.filter);
    const adds = banded.bands.filter((band) => !isNull(band.arg));
    const last = adds.at(-1)?.to === undefined ? adds.at(-1) : undefined;
    if (last !== undefined && !isZero(last.arg)) this.#refuseEndless(last, call);
    const free = isNull(banded.withoutDay?.arg) ? undefined : banded.withoutDay;
    if (free !== undefined && !isZero(free.arg)) throw withoutDay(call);
    const bands = adds.filter((band) => band.to !== undefined);
    return { ...this.#window('sum', banded, bands, call), zero: this.#zero(banded, last, free) };
  }

  /** Returns the sum divided by the count; both are exact, and the quotient is rounded once. */
  #average(call: Call): Late {
    const sum = this.#sum({ ...call, name: 'sum' });
    const count = this.#count({ ...call, name: 'count', type: BIGINT });
    return { kind: 'computed', expr: QUOTIENT, args: [sum, count] };
  }

  /** Returns when rows outside of the windows make a sum 0 instead of NULL. */
  #zero(
    banded: Banded,
    last: Band | undefined,
    free: Omit<Band, 'from' | 'to'> | undefined,
  ): LateWindow['zero'] {
    if (last === undefined && free === undefined) return undefined;
    if (addsInEveryRow(banded, last, free)) return true;
    const arg = zeroDay(banded.day, last, free);
    const key = exprKey(arg);
    const known = this.#free.find(({ call }) => call.name === 'min' && exprKey(call.args[0]!) === key);
    const oldest = known?.column ?? { name: `oldest_${this.#free.length}`, type: DATE };
    if (known === undefined) {
      const call: AggregateCall = {
        name: 'min',
        args: [arg],
        distinct: false,
        orderBy: [],
        type: DATE,
        nullable: true,
      };
      this.#free.push({ column: oldest, call });
    }
    return { oldest, after: last?.from ?? 0 };
  }

  #distinct(call: Call): LateWindow {
    const banded = bandsOf(call.args[0], call.filter);
    const [band, ...others] = banded.bands;
    const isOpen = band !== undefined && others.length === 0 && band.from === undefined;
    if (!isOpen || band.to === undefined || banded.withoutDay !== undefined || isNull(band.arg)) {
      throw new WindowRefusal(
        'COUNT(DISTINCT) can be packed for windows that reach from a day to today',
        'write COUNT(DISTINCT x) FILTER (WHERE day > CURRENT_DATE - 7): each value counts on the day it was seen last',
        call.span,
      );
    }
    const value: Expr =
      band.filter === undefined
        ? band.arg!
        : {
            kind: 'case',
            type: band.arg!.type,
            nullable: true,
            arms: [{ when: band.filter, then: band.arg! }],
            otherwise: { kind: 'const', type: band.arg!.type, nullable: true, value: null },
          };
    const seen = lastSeen(this.#input, value, banded.day);
    const builder = this.#builder(`${exprKey(value)} ${exprKey(banded.day)}`, seen.input, seen.day);
    const type = BIGINT;
    const series = builder.series('count', { name: 'count', args: [seen.value], filter: undefined, type });
    builder.oldest = Math.max(builder.oldest, band.to);
    return {
      kind: 'window',
      of: 'count',
      group: builder.group,
      parts: [{ series, from: undefined, to: band.to }],
      type,
    };
  }

  #window(of: 'sum' | 'count', { day }: Banded, bands: readonly Band[], call: Call): LateWindow {
    const builder = this.#builder(exprKey(day), this.#input, day);
    const parts = bands.map(({ from, to, arg, filter }): WindowPart => {
      const key = [of, arg === undefined ? '' : exprKey(arg), filter === undefined ? '' : exprKey(filter)];
      const args = arg === undefined ? [] : [arg];
      const series = builder.series(key.join(' '), { name: of, args, filter, type: call.type });
      builder.oldest = Math.max(builder.oldest, to!);
      return { series, from, to: to! };
    });
    return { kind: 'window', of, group: builder.group, parts, type: call.type };
  }

  #builder(key: string, input: BucketInput, day: Expr): BucketGroupBuilder {
    let builder = this.#groups.get(key);
    if (builder === undefined) {
      builder = new BucketGroupBuilder(input, day, `g${this.#groups.size}`);
      this.#groups.set(key, builder);
    }
    return builder;
  }

  #refuseEndless(band: Band | undefined, call: Call): void {
    if (band !== undefined && band.to === undefined) throw endless(call);
  }

  #inlined(e: Expr, at: { readonly span?: Expr['span'] }): Expr {
    return mapExpr(e, (x) => (x.kind === 'column' ? this.#inline(this.#source.outs[x.index]!, at) : x));
  }

  /** Returns a value of the input's rows over the stored columns; it may use the clock. */
  #inline(late: Late, at: { readonly span?: Expr['span'] }): Expr {
    switch (late.kind) {
      case 'stored': {
        const index = this.#source.stored.indexOf(late.column);
        return { kind: 'column', index, ...this.#source.node.columns[index]! };
      }
      case 'computed': {
        const args = late.args.map((arg) => this.#inline(arg, at));
        return mapExpr(late.expr, (x) => (x.kind === 'column' ? args[x.index]! : x));
      }
      default:
        throw new WindowRefusal(
          'an aggregate over sums of windows',
          'compute the sums and what is aggregated from them in one GROUP BY of the tiles',
          at.span,
        );
    }
  }
}

function storedCopy({ name, type }: StoredColumn): StoredColumn {
  return { name, type };
}

function joinOnKeys(left: PlanNode, right: PlanNode, keys: number): PlanNode {
  const exprs = (node: PlanNode): Expr[] =>
    node.columns.slice(0, keys).map((column, index) => ({ kind: 'column', index, ...column }));
  return {
    kind: 'join',
    join: 'inner',
    left,
    right,
    leftKeys: exprs(left),
    rightKeys: exprs(right),
    columns: [...left.columns, ...right.columns],
  };
}

const isNull = (arg: Expr | undefined): boolean => arg?.kind === 'const' && arg.value === null;
const isZero = (arg: Expr | undefined): boolean =>
  arg?.kind === 'const' && (arg.value === 0 || arg.value === 0n);
