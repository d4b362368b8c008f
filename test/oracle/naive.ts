import { evaluate } from '../../src/plan/evaluate.ts';
import type { Expr } from '../../src/plan/expr.ts';
import type { AggregateNode, JoinNode, PlanNode, TopNNode } from '../../src/plan/nodes.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { compareDatum, rowKey } from '../../src/values/compare.ts';
import type { Datum } from '../../src/values/datum.ts';
import type { SqlType } from '../../src/values/types.ts';
import { naiveAggregate, type Member } from './naive-aggregate.ts';
import { compareKeys, compareRows, type Row } from './row-order.ts';

/** All rows of each source that were pushed and not retracted, in order of arrival. */
export type SourceRows = ReadonlyMap<string, readonly Row[]>;

/**
 * Computes the rows of a view from all source rows at once, without state and with nested loops. The engine shares only
 * the scalar interpreter and the order of values with this code, and is compared with it over random plans.
 *
 * Returns a multiset: the order of the rows has no meaning.
 */
export function evaluateView(pipeline: Pipeline, view: string, rows: SourceRows, now_us: number): Row[] {
  return new Naive(pipeline, rows, now_us).view(view);
}

class Naive {
  readonly #pipeline: Pipeline;
  readonly #rows: SourceRows;
  readonly #now_us: number;
  readonly #views = new Map<string, Row[]>();

  constructor(pipeline: Pipeline, rows: SourceRows, now_us: number) {
    this.#pipeline = pipeline;
    this.#rows = rows;
    this.#now_us = now_us;
  }

  view(name: string): Row[] {
    let rows = this.#views.get(name);
    if (rows === undefined) {
      const def = this.#pipeline.views.find((v) => v.name === name);
      if (def === undefined) throw new Error(`no view ${name}`);
      rows = this.#run(def.plan);
      this.#views.set(name, rows);
    }
    return rows;
  }

  #run(node: PlanNode): Row[] {
    switch (node.kind) {
      case 'scan':
        return node.relation.kind === 'materialized view'
          ? this.view(node.relation.name)
          : this.#source(node.relation.name);
      case 'values':
        return node.rows.map((row) => row.map((e) => this.#value(e, [])));
      case 'project':
        return this.#run(node.input).map((row) => node.exprs.map((e) => this.#value(e, row)));
      case 'filter':
        return this.#run(node.input).filter((row) => this.#value(node.predicate, row) === true);
      case 'aggregate':
        return this.#aggregate(node);
      case 'join':
        return this.#join(node);
      case 'top_n':
        return this.#topN(node);
      case 'union_all':
        return node.inputs.flatMap((input) => this.#run(input));
    }
  }

  /** Evaluates an expression. A cast or call that fails is NULL. */
  #value(e: Expr, row: Row): Datum {
    return evaluate(
      e,
      (i) => row[i]!,
      this.#now_us,
      () => {},
    );
  }

  #source(name: string): Row[] {
    const source = this.#pipeline.sources.find((s) => s.name === name);
    if (source === undefined) throw new Error(`no source ${name}`);
    const rows = (this.#rows.get(name) ?? []).map((row) =>
      source.columns.map((c, i) => (c.generated === undefined ? row[i]! : this.#value(c.generated, row))),
    );
    if (source.kind === 'source' || source.primaryKey.length === 0) return rows;
    const byKey = new Map<string, Row>();
    for (const row of rows) {
      const key = rowKey(
        source.primaryKey.map((i) => source.columns[i]!.type),
        source.primaryKey.map((i) => row[i]!),
      );
      if (source.onConflict === 'overwrite' || !byKey.has(key)) byKey.set(key, row);
    }
    return [...byKey.values()];
  }

  #aggregate(node: AggregateNode): Row[] {
    const types = node.groupBy.map((e) => e.type);
    const groups = new Map<string, { keys: Row; rows: Row[] }>();
    if (node.global) groups.set('', { keys: [], rows: [] });
    for (const row of this.#run(node.input)) {
      const keys = node.groupBy.map((e) => this.#value(e, row));
      const key = node.global ? '' : rowKey(types, keys);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { keys, rows: [row] });
      else group.rows.push(row);
    }
    return [...groups.values()].map(({ keys, rows }) => [
      ...keys,
      ...node.calls.map((call) => {
        const members = rows
          .filter((row) => call.filter === undefined || this.#value(call.filter, row) === true)
          .map((row): Member => ({
            args: call.args.map((e) => this.#value(e, row)),
            order: call.orderBy.map((k) => this.#value(k.expr, row)),
          }));
        return naiveAggregate(call, members);
      }),
    ]);
  }

  #join(node: JoinNode): Row[] {
    const left = this.#run(node.left);
    const right = this.#run(node.right).map((row) => ({
      row,
      keys: node.rightKeys.map((e) => this.#value(e, row)),
    }));
    const nothing = node.right.columns.map(() => null);
    return left.flatMap((l) => {
      const keys = node.leftKeys.map((e) => this.#value(e, l));
      const matches = right
        .filter((r) => keys.every((key, i) => sameKey(node.leftKeys[i]!.type, key, r.keys[i]!)))
        .map((r) => [...l, ...r.row])
        .filter((both) => node.residual === undefined || this.#value(node.residual, both) === true);
      return matches.length === 0 && node.join === 'left' ? [[...l, ...nothing]] : matches;
    });
  }

  #topN(node: TopNNode): Row[] {
    const types = node.partitionBy.map((e) => e.type);
    const partitions = new Map<string, { row: Row; order: Row }[]>();
    for (const row of this.#run(node.input)) {
      const key = rowKey(
        types,
        node.partitionBy.map((e) => this.#value(e, row)),
      );
      const partition = partitions.get(key) ?? [];
      partition.push({ row, order: node.orderBy.map((k) => this.#value(k.expr, row)) });
      partitions.set(key, partition);
    }
    return [...partitions.values()].flatMap((rows) => {
      const whole = node.input.columns.map((c) => c.type);
      rows.sort((a, b) => compareKeys(node.orderBy, a.order, b.order) || compareRows(whole, a.row, b.row));
      return rows
        .slice(node.offset, node.offset + node.limit)
        .map(({ row }, i) => (node.rank ? [...row, BigInt(node.offset + i + 1)] : row));
    });
  }
}

function sameKey(type: SqlType, a: Datum, b: Datum): boolean {
  return a !== null && b !== null && compareDatum(type, a, b) === 0;
}
