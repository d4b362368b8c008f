import { onlyLetsIn } from '../clock-rules.ts';
import { usesNow } from '../clock-flow.ts';
import type { Expr } from '../expr.ts';
import { mapExpr, someExpr } from '../expr.ts';
import type { FilterNode, JoinNode, PlanColumn, PlanNode, ProjectNode } from '../nodes.ts';
import { inputsOf } from '../nodes.ts';
import type { ViewDef } from '../pipeline.ts';
import { dayCondition, offsetAt } from './clock-days.ts';
import type { BucketGroup, Late, StoredColumn } from './late.ts';
import { splitAggregate } from './split-aggregate.ts';
import { overStored, type Split, storedColumn, storedExpr } from './split-node.ts';
import { WindowRefusal } from './window-refusal.ts';

/** Splits plans. Views that move with the clock are split as if their query stood in the place of their name. */
export class Splitter {
  readonly #views: ReadonlyMap<string, ViewDef>;
  readonly #moving = new Map<string, boolean>();

  constructor(views: readonly ViewDef[]) {
    this.#views = new Map(views.map((view) => [view.name, view]));
  }

  /** Splits a plan. Throws WindowRefusal if its windows cannot be added up from day buckets. */
  split(node: PlanNode): Split {
    if (!this.#moves(node)) return unchanged(node);
    switch (node.kind) {
      case 'scan':
        return this.split(this.#views.get(node.relation.name)!.plan);
      case 'project':
        return project(node, this.split(node.input));
      case 'filter':
        return filter(node, this.split(node.input));
      case 'join':
        return join(node, this.split(node.left), this.split(node.right));
      case 'aggregate':
        return splitAggregate(node, this.split(node.input));
      case 'top_n':
        throw refused('the first rows of an order change with the clock', node);
      case 'union_all':
        throw refused('a UNION of rows that change with the clock', node);
      case 'values':
        throw refused('VALUES that use the clock', node);
    }
  }

  /** Returns whether rows change with the clock; rows that only wait for their day do not. */
  #moves(node: PlanNode): boolean {
    if (node.kind === 'scan') {
      const view = this.#views.get(node.relation.name);
      if (view === undefined) return false;
      let moves = this.#moving.get(view.name);
      if (moves === undefined) this.#moving.set(view.name, (moves = this.#moves(view.plan)));
      return moves;
    }
    return ownClock(node) || inputsOf(node).some((input) => this.#moves(input));
  }
}

function refused(what: string, { span }: PlanNode): WindowRefusal {
  return new WindowRefusal(
    `${what}, and no sum of days tells what they are on another day`,
    'keep this sink in layout domain, and pack the views that only sum and count',
    span,
  );
}

function ownClock(node: PlanNode): boolean {
  switch (node.kind) {
    case 'scan':
      return false;
    case 'values':
      return node.rows.some((row) => row.some(usesNow));
    case 'project':
      return node.exprs.some(usesNow);
    case 'filter':
      return conjunctsOf(node.predicate).some((each) => usesNow(each) && !waitsForDay(each));
    case 'aggregate':
      return [
        ...node.groupBy,
        ...node.calls.flatMap((call) => [...call.args, ...(call.filter === undefined ? [] : [call.filter])]),
      ].some(usesNow);
    case 'join':
      return [
        ...node.leftKeys,
        ...node.rightKeys,
        ...(node.residual === undefined ? [] : [node.residual]),
      ].some(usesNow);
    case 'top_n':
      return [...node.partitionBy, ...node.orderBy.map(({ expr }) => expr)].some(usesNow);
    case 'union_all':
      return false;
  }
}

/** Returns the split of a plan that the engine stores as it is. */
function unchanged(node: PlanNode): Split {
  const stored = node.columns.map(storedColumn);
  return { node, stored, outs: stored.map((column) => ({ kind: 'stored', column })), presence: [] };
}

/** Returns a value that a reader computes: `e` over the outputs of a split. */
function computed(e: Expr, outs: readonly Late[]): Late {
  const used: number[] = [];
  const expr = mapExpr(e, (x) => {
    if (x.kind !== 'column') return x;
    if (!used.includes(x.index)) used.push(x.index);
    return { ...x, index: used.indexOf(x.index) };
  });
  return { kind: 'computed', expr, args: used.map((index) => outs[index]!) };
}

function project(node: ProjectNode, input: Split): Split {
  const stored: StoredColumn[] = [...input.stored];
  const columns: PlanColumn[] = [...input.node.columns];
  const exprs: Expr[] = columns.map((column, index) => ({ kind: 'column', index, ...column }));
  const outs = node.exprs.map((e, i): Late => {
    if (e.kind === 'column') return input.outs[e.index]!;
    const plain = storedExpr(e, input);
    if (plain === undefined) return computed(e, input.outs);
    const column = storedColumn(node.columns[i]!);
    stored.push(column);
    columns.push(node.columns[i]!);
    exprs.push(plain);
    return { kind: 'stored', column };
  });
  const plan: PlanNode = { kind: 'project', input: input.node, exprs, columns, span: node.span };
  return { node: plan, stored, outs, presence: input.presence };
}

function filter(node: FilterNode, input: Split): Split {
  const { predicate } = node;
  const conjuncts = conjunctsOf(predicate);
  let plan = input.node;
  const presence = [...input.presence];
  // A row that the clock also removes is a matter of the reader; one that only waits for its day is the engine's.
  const isReaders = conjuncts.some((each) => usesNow(each) && !waitsForDay(each));
  for (const each of conjuncts) {
    const waits = usesNow(each) && !isReaders;
    const plain = waits ? keptExpr(each, input) : storedExpr(each, input);
    if (plain === undefined) presence.push(computed(each, input.outs));
    else plan = { kind: 'filter', input: plan, predicate: plain, columns: plan.columns, span: node.span };
  }
  return { node: plan, stored: input.stored, outs: input.outs, presence };
}

function conjunctsOf(predicate: Expr): readonly Expr[] {
  return predicate.kind === 'and' ? predicate.args : [predicate];
}

/** Returns whether a condition lets a row in when the day begins on which it is dated: `day <= CURRENT_DATE`. */
function waitsForDay(e: Expr): boolean {
  if (!onlyLetsIn(e)) return false;
  try {
    const { byDaysAgo } = dayCondition(e);
    return byDaysAgo.every((value, place) => value === offsetAt(place) >= 0);
  } catch (error) {
    if (error instanceof WindowRefusal) return false;
    throw error;
  }
}

/** As {@link storedExpr}, for a condition that lets rows in when their day comes: the engine waits for it. */
function keptExpr(e: Expr, { stored, outs }: Split): Expr | undefined {
  const isLate = (x: Expr): boolean => x.kind === 'column' && outs[x.index]!.kind !== 'stored';
  return someExpr(e, isLate) ? undefined : overStored(e, stored, outs);
}

function join(node: JoinNode, left: Split, right: Split): Split {
  const keys = (exprs: readonly Expr[], side: Split): readonly Expr[] =>
    exprs.map((e) => storedExpr(e, side) ?? fail('a join on a value that changes with the clock', e));
  const outer = node.join === 'left';
  if (outer && right.presence.length > 0) throw refused('a LEFT JOIN with rows that the clock removes', node);
  const stored = [...left.stored, ...right.stored];
  const rightColumns = right.node.columns.map((column) => (outer ? { ...column, nullable: true } : column));
  const rightOuts = right.outs.map((out) => (outer ? ifMatched(out, right) : out));
  const outs = [...left.outs, ...rightOuts];
  const presence = [...left.presence, ...right.presence];
  const both = { stored, outs };
  const residual = node.residual === undefined ? undefined : storedExpr(node.residual, both);
  if (node.residual !== undefined && residual === undefined) {
    if (outer) throw refused('a LEFT JOIN whose condition changes with the clock', node);
    presence.push(computed(node.residual, outs));
  }
  const plan: PlanNode = {
    kind: 'join',
    join: node.join,
    left: left.node,
    right: right.node,
    leftKeys: keys(node.leftKeys, left),
    rightKeys: keys(node.rightKeys, right),
    residual,
    columns: [...left.node.columns, ...rightColumns],
    span: node.span,
  };
  return { node: plan, stored, outs, presence };
}

function fail(what: string, e: Expr): never {
  throw new WindowRefusal(
    `${what} cannot be stored`,
    'join on columns that stay the same as time passes',
    e.span,
  );
}

/** Returns a value of a left join's right side: NULL where no row matched. */
function ifMatched(late: Late, right: Split): Late {
  if (late.kind === 'stored' || late.kind === 'window') return late;
  const group = right.outs.map(groupIn).find((found) => found !== undefined);
  if (group === undefined) throw new Error('a late value has a group');
  const type = late.kind === 'computed' ? late.expr.type : { kind: 'boolean' as const };
  const [matched, value] = [0, 1].map((index): Expr => ({
    kind: 'column',
    index,
    name: '',
    nullable: true,
    type: index === 0 ? { kind: 'boolean' } : type,
  }));
  const otherwise: Expr = { kind: 'const', type, nullable: true, value: null };
  const expr: Expr = {
    kind: 'case',
    type,
    nullable: true,
    arms: [{ when: matched!, then: value! }],
    otherwise,
  };
  return { kind: 'computed', expr, args: [{ kind: 'exists', group }, late] };
}

function groupIn(late: Late): BucketGroup | undefined {
  if (late.kind === 'window' || late.kind === 'exists') return late.group;
  if (late.kind === 'stored') return undefined;
  return late.args.map(groupIn).find((found) => found !== undefined);
}
