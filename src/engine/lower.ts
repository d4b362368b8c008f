import { usesNow } from '../plan/clock-flow.ts';
import type { Expr } from '../plan/expr.ts';
import { mapExpr } from '../plan/expr.ts';
import type { AggregateNode, JoinNode, PlanColumn, PlanNode, TopNNode, ValuesNode } from '../plan/nodes.ts';
import type { Pipeline, SourceDef, ViewDef } from '../plan/pipeline.ts';
import { onlyAppends } from '../plan/pipeline.ts';
import { all, and, columnsOf, identity, isIdentity, nullOf } from './folded-rows.ts';
import { readBy, substitute, union } from './folded-rows.ts';
import type { Rows } from './folded-rows.ts';
import { AggregateOperator } from './operators/aggregate.ts';
import type { EvaluationContext } from './operators/expressions.ts';
import { JoinOperator } from './operators/join.ts';
import { KeyedOperator } from './operators/keyed.ts';
import { SourceStream } from './operators/source.ts';
import { TopNOperator } from './operators/top-n.ts';
import { UnionStream } from './operators/union.ts';
import { ValuesOperator } from './operators/values.ts';
import type { Graph, RunningView } from './graph.ts';
import { withShownKeys } from './shown-keys.ts';
import { Wiring } from './wiring.ts';

/**
 * Builds the running graph of a pipeline. Throws ContinuousClockError for an expression that changes with every tick
 * of the clock.
 */
export function lower(
  pipeline: Pipeline,
  options: { context: Omit<EvaluationContext, 'view'>; now_us: number },
): Graph {
  return new Lowering(pipeline, options.context, options.now_us).run();
}

class Lowering {
  readonly #pipeline: Pipeline;
  readonly #wiring: Wiring;
  readonly #sources = new Map<string, SourceStream>();
  readonly #tables = new Map<string, KeyedOperator>();
  readonly #relations = new Map<string, Rows>();
  readonly #views = new Map<string, RunningView>();

  constructor(pipeline: Pipeline, context: Omit<EvaluationContext, 'view'>, now_us: number) {
    this.#pipeline = pipeline;
    this.#wiring = new Wiring(context, now_us);
  }

  run(): Graph {
    for (const source of this.#pipeline.sources) this.#addSource(source);
    for (const view of this.#pipeline.views) this.#addView(view);
    return {
      sources: this.#sources,
      tables: this.#tables,
      operators: this.#wiring.operators,
      views: this.#views,
    };
  }

  #addSource(source: SourceDef): void {
    this.#wiring.enter(source.name);
    const columns: PlanColumn[] = source.columns.map((c) => ({
      name: c.name,
      type: c.type,
      nullable: !c.notNull,
    }));
    const stream = new SourceStream(source.name, columns, onlyAppends(source));
    this.#sources.set(source.name, stream);
    let rows = identity(stream);
    if (source.columns.some((c) => c.generated !== undefined)) {
      rows = {
        ...rows,
        exprs: source.columns.map((c, i) => c.generated ?? rows.exprs[i]!),
      };
    }
    if (source.kind === 'table' && source.primaryKey.length > 0) {
      const keyed = this.#wiring.add(
        new KeyedOperator({
          id: this.#wiring.id('table'),
          context: this.#wiring.context,
          columns,
          key: source.primaryKey,
          policy: source.onConflict === 'ignore' ? 'ignore' : 'overwrite',
        }),
      );
      this.#wiring.mapped(rows, columns).connect(keyed);
      this.#tables.set(source.name, keyed);
      rows = identity(keyed);
    }
    this.#relations.set(source.name, rows);
  }

  #addView(view: ViewDef): void {
    this.#wiring.enter(view.name);
    const rows = this.#lower(view.plan, all(view.plan));
    const clocked = rows.exprs.some(usesNow) || (rows.predicate !== undefined && usesNow(rows.predicate));
    if (rows.stream.traits.slotted && rows.stream.traits.consolidated && !clocked) {
      const map = isIdentity(rows) ? undefined : this.#wiring.map(rows, view.columns);
      this.#views.set(view.name, { def: view, stream: rows.stream, map, count: this.#wiring.count(rows) });
      this.#relations.set(view.name, rows);
      return;
    }
    const mapped = this.#wiring.mapped(rows, view.columns);
    const stored =
      view.key !== undefined && view.key.length > 0
        ? this.#wiring.add(
            new KeyedOperator({
              id: this.#wiring.id('rows'),
              context: this.#wiring.context,
              columns: view.columns,
              key: view.key,
              policy: 'changes',
            }),
          )
        : this.#wiring.add(
            new AggregateOperator({
              id: this.#wiring.id('multiset'),
              context: this.#wiring.context,
              input: mapped,
              predicate: undefined,
              groupBy: identity(mapped).exprs,
              calls: [],
              columns: view.columns,
              global: false,
              multiset: true,
            }),
          );
    mapped.connect(stored);
    this.#views.set(view.name, { def: view, stream: stored, map: undefined, count: undefined });
    this.#relations.set(view.name, identity(stored));
  }

  /** Lowers a node. Output columns outside `needed` are not read, and may become NULL constants. */
  #lower(node: PlanNode, needed: ReadonlySet<number>): Rows {
    switch (node.kind) {
      case 'scan':
        return this.#relation(node.relation.name);
      case 'values':
        return this.#values(node);
      case 'filter': {
        const input = this.#lower(node.input, union(needed, columnsOf([node.predicate])));
        const own = substitute(node.predicate, input.exprs);
        return { ...input, predicate: and(input.predicate, own) };
      }
      case 'project': {
        const read = node.exprs.filter((_, i) => needed.has(i));
        const input = this.#lower(node.input, columnsOf(read));
        return {
          ...input,
          exprs: node.exprs.map((e, i) => (needed.has(i) ? substitute(e, input.exprs) : nullOf(e.type))),
        };
      }
      case 'aggregate':
        return this.#aggregate(node);
      case 'join':
        return this.#join(node, needed);
      case 'top_n':
        return this.#topN(node);
      case 'union_all':
        return this.#unionAll(node.inputs, node.columns, needed);
    }
  }

  /** Rows that use the clock become expressions over a constant row without columns, and follow it like any row. */
  #values({ columns, rows }: ValuesNode): Rows {
    const constant = (own: readonly PlanColumn[], values: ValuesNode['rows']): Rows =>
      identity(
        this.#wiring.add(new ValuesOperator(this.#wiring.id('values'), this.#wiring.context, own, values)),
      );
    if (!rows.flat().some(usesNow)) return constant(columns, rows);
    const inputs = rows.map((exprs): Rows => ({ ...constant([], [[]]), exprs }));
    return inputs.length === 1 ? inputs[0]! : this.#union(inputs, columns);
  }

  #relation(name: string): Rows {
    const rows = this.#relations.get(name);
    if (rows === undefined) throw new Error(`the plan reads '${name}', which is not defined before it`);
    return rows;
  }

  #aggregate(asked: AggregateNode): Rows {
    const { node, shown } = withShownKeys(asked);
    const read = readBy(node);
    const input = this.#lower(node.input, columnsOf(read));
    const over = (e: Expr): Expr => substitute(e, input.exprs);
    const operator = new AggregateOperator({
      id: this.#wiring.id('aggregate'),
      context: this.#wiring.context,
      input: input.stream,
      predicate: input.predicate,
      groupBy: node.groupBy.map(over),
      calls: node.calls.map((call) => ({
        ...call,
        args: call.args.map(over),
        filter: call.filter === undefined ? undefined : over(call.filter),
        orderBy: call.orderBy.map((k) => ({ ...k, expr: over(k.expr) })),
      })),
      columns: node.columns,
      global: node.global,
      multiset: false,
    });
    this.#wiring.feed(input.stream, operator, [
      ...read.map(over),
      ...(input.predicate ? [input.predicate] : []),
    ]);
    this.#wiring.add(operator);
    const own = identity(operator);
    return { ...own, exprs: shown.map((at) => own.exprs[at]!) };
  }

  #join(node: JoinNode, needed: ReadonlySet<number>): Rows {
    const width = node.left.columns.length;
    const read = union(needed, node.residual === undefined ? new Set() : columnsOf([node.residual]));
    const sides = [
      { plan: node.left, keys: node.leftKeys, offset: 0 },
      { plan: node.right, keys: node.rightKeys, offset: width },
    ].map(({ plan, keys, offset }) => {
      const kept = plan.columns.map((_, i) => i).filter((i) => read.has(offset + i));
      const rows = this.#lower(plan, union(new Set(kept), columnsOf(keys)));
      const exprs = [...keys.map((e) => substitute(e, rows.exprs)), ...kept.map((i) => rows.exprs[i]!)];
      const columns = [
        ...keys.map((e, i): PlanColumn => ({ name: `key${i}`, type: e.type, nullable: true })),
        ...kept.map((i) => plan.columns[i]!),
      ];
      return {
        stream: this.#wiring.mapped({ ...rows, exprs }, columns),
        columns,
        kept: kept.map((i) => offset + i),
      };
    });
    const [left, right] = sides as [(typeof sides)[0], (typeof sides)[0]];
    const positions = new Map([...left.kept, ...right.kept].map((column, at) => [column, at]));
    const move = (e: Expr): Expr =>
      mapExpr(e, (x) => (x.kind === 'column' ? { ...x, index: positions.get(x.index)! } : x));
    const keyCount = node.leftKeys.length;
    const kept = [...left.kept, ...right.kept];
    const operator = this.#wiring.add(
      new JoinOperator({
        id: this.#wiring.id('join'),
        context: this.#wiring.context,
        outer: node.join === 'left',
        keyCount,
        left: left.columns.map((c) => c.type),
        right: right.columns.map((c) => c.type),
        slotted: [left.stream.traits.slotted, right.stream.traits.slotted],
        residual: node.residual === undefined ? undefined : move(node.residual),
        appendOnly: node.join === 'inner' && left.stream.traits.appendOnly && right.stream.traits.appendOnly,
        columns: kept.map((c) => node.columns[c]!),
      }),
    );
    left.stream.connect(operator.left);
    right.stream.connect(operator.right);
    const own = identity(operator);
    return {
      ...own,
      exprs: node.columns.map((c, i) => {
        const at = positions.get(i);
        return at === undefined ? nullOf(c.type) : own.exprs[at]!;
      }),
    };
  }

  #topN(node: TopNNode): Rows {
    // Ties are broken by the whole row, so every column is needed.
    const rows = this.#lower(node.input, all(node.input));
    const keys = [...node.partitionBy, ...node.orderBy.map((k) => k.expr)];
    const columns: PlanColumn[] = [
      ...keys.map((e, i): PlanColumn => ({ name: `key${i}`, type: e.type, nullable: true })),
      ...node.input.columns,
    ];
    const exprs = [...keys.map((e) => substitute(e, rows.exprs)), ...rows.exprs];
    const stream = this.#wiring.mapped({ ...rows, exprs }, columns);
    const operator = this.#wiring.add(
      new TopNOperator({
        id: this.#wiring.id('top-n'),
        context: this.#wiring.context,
        input: columns.map((c) => c.type),
        partitionBy: node.partitionBy.length,
        orderBy: node.orderBy,
        limit: node.limit,
        offset: node.offset,
        rank: node.rank,
        appendOnly: stream.traits.appendOnly,
        columns: node.columns,
      }),
    );
    stream.connect(operator);
    return identity(operator);
  }

  #unionAll(inputs: readonly PlanNode[], columns: readonly PlanColumn[], needed: ReadonlySet<number>): Rows {
    const rows = inputs.map((input): Rows => {
      const own = this.#lower(input, needed);
      return { ...own, exprs: own.exprs.map((e, i) => (needed.has(i) ? e : nullOf(columns[i]!.type))) };
    });
    return this.#union(rows, columns);
  }

  #union(inputs: readonly Rows[], columns: readonly PlanColumn[]): Rows {
    const streams = inputs.map((rows) => this.#wiring.mapped(rows, columns));
    const nullable = columns.map((c) => ({ ...c, nullable: true }));
    const out = new UnionStream(
      nullable,
      streams.every((s) => s.traits.appendOnly),
    );
    for (const stream of streams) stream.connect(out);
    return identity(out);
  }
}
