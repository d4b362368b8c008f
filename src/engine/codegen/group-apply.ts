import type { Batch } from '../batch.ts';
import type { Groups } from '../state/groups.ts';
import type { Expressions, RowCode } from '../operators/expressions.ts';
import { CodeBuilder } from './builder.ts';
import { hoistDistinct } from './distinct-update.ts';
import { emitFindGroups } from './group-find.ts';
import type { CallPlan, GroupShape, RowExprs } from './group-shape.ts';
import { accumulatorsAt } from './group-shape.ts';
import {
  callExprs,
  compileCall,
  emitFirstTouch,
  emitIfCounted,
  emitState,
  emitUpdate,
} from './group-update.ts';

/** Applies the rows of a batch to the groups of an operator. */
export type ApplyLoop = (op: Groups, B: Batch) => void;

/**
 * Compiles the loops that apply rows to groups. The first finds each row's group (group-find.ts); the second copies a
 * group's state at its first touch and updates its accumulators; one more for each set updates the distinct sets.
 *
 * Rows outside the common domain are deferred (`op.defer`): the interpreter evaluates them after the loops. Results do
 * not depend on the order of rows.
 */
export function compileApply(shape: GroupShape, x: Expressions, exprs: RowExprs): ApplyLoop {
  const b = new CodeBuilder();
  const row = x.begin(b);
  emitState(b);
  if (x.context.interpret) {
    b.line('for(let i=0;i<n;i++)op.defer(B,i);');
    return b.build(`apply ${shape.id}`, ['op', 'B']);
  }
  emitFindGroups(b, shape, DEFER, () => {
    const { predicate, keys } = exprs;
    const c = row('i', predicate === undefined ? keys : [predicate, ...keys]);
    if (predicate !== undefined) {
      const passes = c.compile(predicate);
      if (c.canBail) b.line(DEFER);
      b.line(`if(!(${c.isTrue(passes)})){RS[i]=-1;continue;}`);
    }
    return { c, regs: keys.map((e) => c.compile(e)) };
  });
  const apart = shape.calls.filter((plan) => countsDistinct(plan) && !canBail(x, exprs, shape, plan));
  const loop: Loop = { b, row, shape, exprs };
  emitUpdates(
    loop,
    shape.calls.filter((plan) => !apart.includes(plan)),
  );
  for (const plan of apart) emitDistinctLoop(loop, plan);
  return b.build(`apply ${shape.id}`, ['op', 'B']);
}

const DEFER = 'if(bail!==0){op.defer(B,i);RS[i]=-1;continue;}';

interface Loop {
  readonly b: CodeBuilder;
  readonly row: RowCode;
  readonly shape: GroupShape;
  readonly exprs: RowExprs;
}

function countsDistinct(plan: CallPlan): boolean {
  return plan.distinct !== undefined && plan.call.name === 'count';
}

/** Returns whether this call's expressions may defer a row, which must be known before any update for the row. */
function canBail(x: Expressions, exprs: RowExprs, shape: GroupShape, plan: CallPlan): boolean {
  const own = callExprs(exprs, shape.calls.indexOf(plan));
  const c = x.begin(new CodeBuilder())('i', own);
  for (const e of own) c.compile(e);
  return c.canBail;
}

function emitUpdates({ b, row, shape, exprs }: Loop, plans: readonly CallPlan[]): void {
  const calls = plans.map((plan) => shape.calls.indexOf(plan));
  const sets = new Map(plans.filter((p) => p.distinct !== undefined).map((p) => [p, hoistDistinct(b, p)]));
  b.line('let nd=op.dirtyCount;');
  b.line('for(let i=0;i<n;i++){const s=RS[i];if(s<0)continue;const w=W[i];let bail=0;');
  const c = row(
    'i',
    calls.flatMap((call) => callExprs(exprs, call)),
  );
  const regs = calls.map((call) => compileCall(c, exprs, call));
  if (c.canBail) b.line(DEFER);
  emitFirstTouch(b, shape);
  b.line('F[o]+=w;');
  plans.forEach((plan, k) => {
    emitIfCounted(c, plan, regs[k]!, () => emitUpdate(c, { plan, regs: regs[k]!, w: 'w' }, sets.get(plan)));
  });
  b.line('}op.dirtyCount=nd;');
  for (const { set, added } of sets.values()) b.line(`${set}.used+=${added};`);
}

/** Emits the loop that updates one distinct set. */
function emitDistinctLoop({ b, row, shape, exprs }: Loop, plan: CallPlan): void {
  const call = shape.calls.indexOf(plan);
  const set = hoistDistinct(b, plan);
  b.line('for(let i=0;i<n;i++){const s=RS[i];if(s<0)continue;const w=W[i];');
  b.line(`const o=${accumulatorsAt(shape, 's')};`);
  const c = row('i', callExprs(exprs, call));
  const regs = compileCall(c, exprs, call);
  emitIfCounted(c, plan, regs, () => emitUpdate(c, { plan, regs, w: 'w' }, set));
  b.line(`}${set.set}.used+=${set.added};`);
}
