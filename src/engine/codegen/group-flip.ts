import type { Expr } from '../../plan/expr.ts';
import { usesNow } from '../../plan/clock-flow.ts';
import type { Expressions } from '../operators/expressions.ts';
import { CodeBuilder } from './builder.ts';
import { hoistDistinct } from './distinct-update.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { ApplyLoop } from './group-apply.ts';
import { emitFindGroups } from './group-find.ts';
import type { GroupShape, RowExprs } from './group-shape.ts';
import type { CallRegs } from './group-update.ts';
import {
  callExprs,
  compileCall,
  emitFirstTouch,
  emitIfCounted,
  emitState,
  emitUpdate,
} from './group-update.ts';
import { differingParts } from './reg.ts';

const DEFER = 'if(bail!==0){op.deferFlip(B,i);RS[i]=-1;continue;}';

/**
 * Compiles the loops that move rows within their groups from an earlier clock (Expressions.setEarlierClock) to the
 * present one: each call retracts the row as of the earlier clock and adds it as of now, in one pass, and skips rows
 * that are the same under both. The keys must not depend on the clock.
 */
export function compileFlip(shape: GroupShape, x: Expressions, exprs: RowExprs): ApplyLoop {
  const { predicate, keys } = exprs;
  const b = new CodeBuilder();
  const nowRow = x.begin(b);
  const earlierRow = x.begin(b, x.earlier);
  const both = (of: readonly Expr[]): Clocks => {
    const now = nowRow('i', of);
    const earlier = earlierRow('i', of, now);
    return { now, earlier };
  };
  emitState(b);
  emitFindGroups(b, shape, DEFER, () => {
    const c = both(predicate === undefined ? keys : [predicate, ...keys]);
    if (predicate !== undefined) {
      const shown = [c.now.isTrue(c.now.compile(predicate)), c.earlier.isTrue(c.earlier.compile(predicate))];
      if (c.now.canBail || c.earlier.canBail) b.line(DEFER);
      b.line(`if(!(${shown.join('||')})){RS[i]=-1;continue;}`);
    }
    return { c: c.now, regs: keys.map((e) => c.now.compile(e)) };
  });
  const filtered = predicate !== undefined && usesNow(predicate);
  const moved = shape.calls.filter((_, call) => filtered || callExprs(exprs, call).some(usesNow));
  const sets = new Map(moved.filter((p) => p.distinct !== undefined).map((p) => [p, hoistDistinct(b, p)]));
  b.line('let nd=op.dirtyCount;');
  b.line('for(let i=0;i<n;i++){const s=RS[i];if(s<0)continue;let bail=0;');
  const calls = moved.map((plan) => shape.calls.indexOf(plan));
  const read = calls.flatMap((call) => callExprs(exprs, call));
  const c = both(filtered ? [predicate, ...read] : read);
  const rows = { now: `1`, earlier: `1` };
  if (filtered) {
    rows.now = passes(c.now, predicate);
    rows.earlier = passes(c.earlier, predicate);
  }
  const regs = calls.map((call) => ({
    now: compileCall(c.now, exprs, call),
    earlier: compileCall(c.earlier, exprs, call),
  }));
  if (c.now.canBail || c.earlier.canBail) b.line(DEFER);
  emitFirstTouch(b, shape);
  if (filtered) b.line(`F[o]+=${rows.now}-${rows.earlier};`);
  moved.forEach((plan, k) => {
    const { now, earlier } = regs[k]!;
    b.line(`if(((${rows.now}===${rows.earlier}?0:1)|${differences(now, earlier)})!==0){`);
    for (const [compiler, own, w, row] of [
      [c.earlier, earlier, '-1', rows.earlier],
      [c.now, now, '1', rows.now],
    ] as const) {
      b.line(`if(${row}===1){`);
      emitIfCounted(compiler, plan, own, () => emitUpdate(compiler, { plan, regs: own, w }, sets.get(plan)));
      b.line('}');
    }
    b.line('}');
  });
  b.line('}op.dirtyCount=nd;');
  for (const { set, added } of sets.values()) b.line(`${set}.used+=${added};`);
  return b.build(`flip ${shape.id}`, ['op', 'B']);
}

/** The compilers of a row under both clocks. */
interface Clocks {
  readonly now: ExprCompiler;
  readonly earlier: ExprCompiler;
}

function passes(c: ExprCompiler, predicate: Expr): string {
  const v = c.b.fresh('v');
  const reg = c.compile(predicate);
  c.b.line(`const ${v}=${c.isTrue(reg)}?1:0;`);
  return v;
}

/** Returns code that is 0 only if the call's values of the row are the same under both clocks. */
function differences(a: CallRegs, b: CallRegs): string {
  const before = [...a.args, ...a.orderKeys, ...(a.filter === undefined ? [] : [a.filter])];
  const after = [...b.args, ...b.orderKeys, ...(b.filter === undefined ? [] : [b.filter])];
  return before.flatMap((reg, k) => differingParts(reg, after[k]!)).join('|') || '0';
}
