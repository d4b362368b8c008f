import type { Expr } from '../../plan/expr.ts';
import { skipsNulls } from '../aggregates/aggregate.ts';
import type { CodeBuilder } from './builder.ts';
import { hoistColumn, storeColumn } from './column-code.ts';
import type { DistinctCode } from './distinct-update.ts';
import { emitDistinctHome, emitDistinctStep, emitValueWords } from './distinct-update.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { CallPlan, GroupShape, RowExprs } from './group-shape.ts';
import { fieldCode, markOf, accumulatorsAt } from './group-shape.ts';
import type { Reg } from './reg.ts';

/** Emits constants for the state's arrays, after making room for `n` rows. */
export function emitState(b: CodeBuilder): void {
  b.line('const n=B.n,W=B.weights;op.reserve(n);');
  b.line('const T=op.table.entries,mask=op.table.mask,DS=op.dirtySlots,RS=op.rowSlots;');
  b.line('const KW=op.keyWords,F=op.accumulators,G=op.oldAccumulators;');
}

/** Returns all expressions of one call. */
export function callExprs(exprs: RowExprs, call: number): Expr[] {
  const filter = exprs.filters[call];
  return [...exprs.args[call]!, ...exprs.orderKeys[call]!, ...(filter === undefined ? [] : [filter])];
}

/** The registers of one call's expressions. */
export interface CallRegs {
  readonly args: readonly Reg[];
  readonly filter: Reg | undefined;
  readonly orderKeys: readonly Reg[];
}

/** Compiles all expressions of one call. */
export function compileCall(c: ExprCompiler, exprs: RowExprs, call: number): CallRegs {
  const filter = exprs.filters[call];
  return {
    args: exprs.args[call]!.map((e) => c.compile(e)),
    filter: filter === undefined ? undefined : c.compile(filter),
    orderKeys: exprs.orderKeys[call]!.map((e) => c.compile(e)),
  };
}

/**
 * Emits `then` under the condition that the call counts the row: its filter holds, and no argument is a NULL it skips.
 */
export function emitIfCounted(c: ExprCompiler, plan: CallPlan, regs: CallRegs, then: () => void): void {
  const conditions: string[] = [];
  if (regs.filter !== undefined) conditions.push(c.isTrue(regs.filter));
  if (skipsNulls(plan.call)) {
    // string_agg skips NULL values, but not NULL delimiters.
    const counted = plan.call.name === 'string_agg' ? regs.args.slice(0, 1) : regs.args;
    for (const arg of counted) if (arg.nul !== undefined) conditions.push(`${arg.nul}===0`);
  }
  c.b.line(`${conditions.length === 0 ? '' : `if(${conditions.join('&&')})`}{`);
  then();
  c.b.line('}');
}

/**
 * Emits the first touch of group `s` since the last barrier: it copies the accumulators to dirty index `nd`, for the
 * barrier to compare and retract. Declares `o`, the position at which the group's accumulators start.
 */
export function emitFirstTouch(b: CodeBuilder, shape: GroupShape): void {
  const { stride } = shape;
  const mark = markOf(shape, 's');
  b.line(`const o=${accumulatorsAt(shape, 's')};if(${mark}===0){${mark}=nd+1;DS[nd]=s;const q=nd*${stride};`);
  if (stride > 32) b.line(`for(let k=0;k<${stride};k++)G[q+k]=F[o+k];`);
  else b.line(Array.from({ length: stride }, (_, k) => `G[q+${k}]=F[o+${k}];`).join(''));
  b.line('nd++;}');
}

/** Emits the change that a row of weight `w` (code) makes to one call's accumulators, which start at `o`. */
export function emitUpdate(
  c: ExprCompiler,
  row: { readonly plan: CallPlan; readonly regs: CallRegs; readonly w: string },
  set: DistinctCode | undefined,
): void {
  const b = c.b;
  const { plan, regs, w } = row;
  if (plan.fields === undefined) {
    emitOrderedUpdate(c, row);
    return;
  }
  const fields = fieldCode('F', 'o', plan);
  if (set === undefined) {
    plan.fields.update(c, fields, { w, args: regs.args });
    return;
  }
  const value = emitValueWords(c, plan, regs.args[0]!);
  const step = emitDistinctStep(c, set, { ...value, p: emitDistinctHome(c, set, value), w });
  b.line(`if(${step}!==0){`);
  plan.fields.update(c, fields, { w: step, args: regs.args });
  b.line('}');
}

/** Emits the update of an ordered aggregate, which takes its values from a row of scratch columns. */
function emitOrderedUpdate(
  c: ExprCompiler,
  row: { readonly plan: CallPlan; readonly regs: CallRegs; readonly w: string },
): void {
  const b = c.b;
  const { call, ordered } = row.plan;
  const { regs, w } = row;
  const scratch = b.fresh('q');
  b.line(`const ${scratch}=op.orderedRow[${ordered}];`);
  [...regs.args, ...regs.orderKeys].forEach((reg, k) => {
    const expr = k < call.args.length ? call.args[k]! : call.orderBy[k - call.args.length]!.expr;
    storeColumn(c, reg, hoistColumn(b, `${scratch}.columns[${k}]`, expr.type, true), '0');
  });
  b.line(`op.ordered[${ordered}].apply(s,${scratch},0,${w});`);
}
