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

export type ApplyLoop = (op: Groups, B: Batch) => void;

/**
 * The loops that take rows into groups: find each row's group (group-find.ts); keep the old state aside at a
 * group's first touch and update its accumulators; then, one at a time, the distinct sets.
 *
 * Rows that leave the common domain are put aside (`op.defer`) and evaluated by the interpreter after the
 * loops; aggregates don't depend on the order.
 */
export function compileApply(shape: GroupShape, x: Expressions, exprs: RowExprs): ApplyLoop {
  const b = new CodeBuilder();
  const row = x.begin(b);
  emitState(b);
  if (x.context.interpret) {
    b.line('for(let i=0;i<n;i++)op.defer(B,i);');
    return b.build(`apply ${shape.id}`, ['op', 'B']);
  }
  emitFindGroups(b, shape, PUT_ASIDE, () => {
    const { predicate, keys } = exprs;
    const c = row('i', predicate === undefined ? keys : [predicate, ...keys]);
    if (predicate !== undefined) {
      const passes = c.compile(predicate);
      if (c.canBail) b.line(PUT_ASIDE);
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

const PUT_ASIDE = 'if(bail!==0){op.defer(B,i);RS[i]=-1;continue;}';

interface Loop {
  readonly b: CodeBuilder;
  readonly row: RowCode;
  readonly shape: GroupShape;
  readonly exprs: RowExprs;
}

function countsDistinct(plan: CallPlan): boolean {
  return plan.distinct !== undefined && plan.call.name === 'count';
}

/** Whether a row may have to be put aside for what this call evaluates: that must be known before any update. */
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
  if (c.canBail) b.line(PUT_ASIDE);
  emitFirstTouch(b, shape);
  b.line('F[o]+=w;');
  plans.forEach((plan, k) => {
    emitIfCounted(c, plan, regs[k]!, () => emitUpdate(c, { plan, regs: regs[k]!, w: 'w' }, sets.get(plan)));
  });
  b.line('}op.dirtyCount=nd;');
  for (const { set, added } of sets.values()) b.line(`${set}.used+=${added};`);
}

/** The loop over one distinct set. */
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
