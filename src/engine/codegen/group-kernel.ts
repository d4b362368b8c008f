import type { AggregateCall } from '../../plan/nodes.ts';
import type { FieldAggregate, FieldCode } from '../aggregates/aggregate.ts';
import { skipsNulls } from '../aggregates/aggregate.ts';
import type { AggregateOperator } from '../operators/aggregate.ts';
import type { Expressions } from '../operators/expressions.ts';
import type { Batch } from '../batch.ts';
import { EMPTY } from '../state/hash-table.ts';
import type { CodeBuilder } from './builder.ts';
import { CodeBuilder as Builder } from './builder.ts';
import type { ColumnCode } from './column-code.ts';
import { hoistColumn, sameValue, storeColumn } from './column-code.ts';
import { ExprCompiler } from './expr-compiler.ts';
import type { KeyWords } from './key-words.ts';
import { emitDoubleWords, emitKeyOutput, emitKeyWords, interned } from './key-words.ts';
import type { Reg } from './reg.ts';
import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';

/** How one aggregate call is computed, and where its numbers lie. */
export interface CallPlan {
  readonly call: AggregateCall;
  /** Numbers per group; undefined: `ordered` (by index in the operator's list). */
  readonly fields: FieldAggregate | undefined;
  readonly ordered: number;
  /** Position of its first number in the group's. */
  readonly start: number;
  /** Index of its DistinctSet in the operator's list, or -1. */
  readonly distinct: number;
}

/** What one row contributes, as expressions over some input. */
export interface RowExprs {
  readonly predicate: Expr | undefined;
  readonly keys: readonly Expr[];
  /** Per call. */
  readonly args: readonly (readonly Expr[])[];
  readonly filters: readonly (Expr | undefined)[];
  readonly orderKeys: readonly (readonly Expr[])[];
}

export interface GroupShape {
  /** The operator's id. */
  readonly id: string;
  readonly keys: readonly PlanColumn[];
  readonly calls: readonly CallPlan[];
  readonly columns: readonly PlanColumn[];
  readonly bag: boolean;
  /** Numbers per group; number 0 is the number of rows. */
  readonly stride: number;
  readonly keyWords: KeyWords;
}

export type ApplyKernel = (op: AggregateOperator, B: Batch) => void;
export type EmitKernel = (op: AggregateOperator, O: Batch, from: number) => number;
export type GatherKernel = (op: AggregateOperator, O: Batch, S: Int32Array, from: number, to: number) => void;

const HASH = '0x9e3779b1';

/**
 * The loop that takes rows into groups: predicate, keys, probe or insert, first-touch capture of the old state,
 * updates. Rows that leave the common domain are put aside (`op.defer`) and evaluated by the interpreter after the loop;
 * aggregates don't depend on the order.
 */
export function compileApply(shape: GroupShape, x: Expressions, exprs: RowExprs): ApplyKernel {
  const b = new Builder();
  const row = x.begin(b);
  b.line('const n=B.n,W=B.weights;op.reserve(n);');
  b.line('const T=op.table.entries,mask=op.table.mask,DS=op.dirtySlots;');
  b.line('let nd=op.dirtyCount,last=-1,lastHash=0;');
  b.line('const KW=op.keyWords,F=op.fields.values,G=op.oldFields.values;');
  const irregular = irregularKeys(b, shape);
  b.line('for(let i=0;i<n;i++){const w=W[i];let bail=0;');
  if (x.scope.interpret) {
    b.line('op.defer(B,i);}');
  } else {
    const c = row('i');
    if (exprs.predicate !== undefined) {
      const predicate = c.compile(exprs.predicate);
      if (c.canBail) b.line('if(bail!==0){op.defer(B,i);continue;}');
      b.line(`if(!(${c.isTrue(predicate)}))continue;`);
    }
    const keys = exprs.keys.map((e) => c.compile(e));
    const args = exprs.args.map((list) => list.map((e) => c.compile(e)));
    const filters = exprs.filters.map((e) => (e === undefined ? undefined : c.compile(e)));
    const orderKeys = exprs.orderKeys.map((list) => list.map((e) => c.compile(e)));
    const bails = c.canBail;
    if (bails) b.line('if(bail!==0){op.defer(B,i);continue;}');
    const words = emitKeyWords(c, shape.keys, keys);
    if (c.canBail && !bails) b.line('if(bail!==0){op.defer(B,i);continue;}');
    emitProbe({ c, shape, keys, words, irregular });
    // The first touch since the last barrier keeps the state as it was, to be compared and retracted at the barrier.
    const mark = `KW[s*${shape.keyWords.stride}+${shape.keyWords.mark}]`;
    b.line(`const o=s*${shape.stride};if(${mark}===0){${mark}=nd+1;DS[nd]=s;`);
    emitCopyNumbers(b, shape.stride);
    b.line('nd++;}F[o]+=w;');
    shape.calls.forEach((plan, i) => {
      emitUpdate(c, plan, { args: args[i]!, filter: filters[i], orderKeys: orderKeys[i]! });
    });
    b.line('}');
  }
  b.line('op.dirtyCount=nd;');
  return b.build(`apply ${shape.id}`, ['op', 'B']);
}

/** The group's numbers, kept aside at dirty index `nd`. */
function emitCopyNumbers(b: CodeBuilder, stride: number): void {
  b.line(`const q=nd*${stride};`);
  if (stride > 32) b.line(`for(let k=0;k<${stride};k++)G[q+k]=F[o+k];`);
  else b.line(Array.from({ length: stride }, (_, k) => `G[q+${k}]=F[o+${k}];`).join(''));
}

function fieldCode(array: string, base: string, plan: CallPlan): FieldCode {
  return { array, at: `${base}+${plan.start}`, f: (k) => `${array}[${base}+${plan.start + k}]` };
}

/** The columns of irregular keys, by key. */
function irregularKeys(b: CodeBuilder, shape: GroupShape): (ColumnCode | undefined)[] {
  return shape.keys.map((k, i) =>
    interned(k) ? hoistColumn(b, `op.keyColumns[${i}]`, k.type, true) : undefined,
  );
}

interface Probe {
  readonly c: ExprCompiler;
  readonly shape: GroupShape;
  readonly keys: readonly Reg[];
  readonly words: readonly string[];
  readonly irregular: readonly (ColumnCode | undefined)[];
}

/** Declares `s`, the slot of the row's group, inserting the group if it is new. */
function emitProbe({ c, shape, keys, words, irregular }: Probe): void {
  const b = c.b;
  const { stride } = shape.keyWords;
  b.line('let h=0x811c9dc5|0;');
  for (const word of words) b.line(`h=Math.imul(h^${word},${HASH});h^=h>>>15;`);
  const same = (slot: string): string =>
    words.map((word, k) => `KW[${slot}*${stride}+${k}]===${word}`).join('&&') || 'true';
  b.line(`let s=-1;if(last>=0&&lastHash===h&&${same('last')})s=last;else{`);
  b.line('let p=h&mask;for(;;){s=T[2*p+1];');
  b.line(`if(s===${EMPTY}){s=op.newSlot(h);T[2*p]=h;T[2*p+1]=s;`);
  words.forEach((word, k) => b.line(`KW[s*${stride}+${k}]=${word};`));
  irregular.forEach((column, k) => {
    if (column !== undefined) storeColumn(c, keys[k]!, column, 's');
  });
  b.line('break;}');
  b.line(`if(T[2*p]===h&&${same('s')})break;p=(p+1)&mask;}last=s;lastHash=h;}`);
}

interface CallRegs {
  readonly args: readonly Reg[];
  readonly filter: Reg | undefined;
  readonly orderKeys: readonly Reg[];
}

function emitUpdate(c: ExprCompiler, plan: CallPlan, regs: CallRegs): void {
  const b = c.b;
  const conditions: string[] = [];
  if (regs.filter !== undefined) conditions.push(c.isTrue(regs.filter));
  if (skipsNulls(plan.call)) {
    // Of string_agg only the value counts.
    const counted = plan.call.name === 'string_agg' ? regs.args.slice(0, 1) : regs.args;
    for (const arg of counted) if (arg.nul !== undefined) conditions.push(`${arg.nul}===0`);
  }
  b.line(`${conditions.length === 0 ? '' : `if(${conditions.join('&&')})`}{`);
  if (plan.fields === undefined) {
    // Values go through a row of scratch columns into the ordered state.
    const scratch = b.fresh('q');
    b.line(`const ${scratch}=op.orderedRow[${plan.ordered}];`);
    [...regs.args, ...regs.orderKeys].forEach((reg, k) => {
      const type = k < plan.call.args.length ? plan.call.args[k]!.type : plan.call.orderBy[k - plan.call.args.length]!.expr.type;
      const column = hoistColumn(b, `${scratch}.columns[${k}]`, type, true);
      storeColumn(c, reg, column, '0');
    });
    b.line(`op.ordered[${plan.ordered}].apply(s,${scratch},0,w);`);
  } else {
    let weight = 'w';
    if (plan.distinct >= 0) {
      weight = b.fresh('w');
      b.line(`const ${weight}=${distinctStep(c, plan, regs.args[0]!)};if(${weight}!==0){`);
    }
    plan.fields.update(c, fieldCode('F', 'o', plan), { w: weight, args: regs.args });
    if (plan.distinct >= 0) b.line('}');
  }
  b.line('}');
}

function distinctStep(c: ExprCompiler, plan: CallPlan, arg: Reg): string {
  const set = `op.distinct[${plan.distinct}]`;
  switch (arg.layout) {
    case 'i64': {
      const { lo, hi } = c.asWords(arg);
      return `${set}.add(s,${lo},${hi},w)`;
    }
    case 'f64': {
      const { lo, hi } = emitDoubleWords(c, arg.v);
      return `${set}.add(s,${lo},${hi},w)`;
    }
    case 'dec':
    case 'ref':
      return `${set}.add(s,op.internDistinct(${plan.distinct},${c.box({ ...arg, nul: undefined }, plan.call.args[0]!.type)}),0,w)`;
    default:
      return `${set}.add(s,${arg.v},0,w)`;
  }
}

interface OutputCode {
  readonly outs: readonly ColumnCode[];
  readonly irregular: readonly (ColumnCode | undefined)[];
  readonly emitted: readonly ColumnCode[];
}

/** Emits the output row of group `s`, whose numbers start at `base` in `array`, into row `k` of `O`. */
function emitOutput(c: ExprCompiler, shape: GroupShape, code: OutputCode, numbers: { array: string; base: string }): void {
  const { outs, irregular, emitted } = code;
  emitKeyOutput(c, { outs, layout: shape.keyWords, words: 'KW', base: `s*${shape.keyWords.stride}` });
  irregular.forEach((column, k) => {
    if (column !== undefined) copyColumn(c.b, outs[k]!, 'k', column, 's');
  });
  shape.calls.forEach((plan, n) => {
    const out = outs[shape.keys.length + n]!;
    if (plan.fields === undefined) copyColumn(c.b, out, 'k', emitted[plan.ordered]!, 's');
    else storeColumn(c, plan.fields.result(c, fieldCode(numbers.array, numbers.base, plan)), out, 'k');
  });
}

function copyColumn(b: CodeBuilder, to: ColumnCode, i: string, from: ColumnCode, j: string): void {
  if (to.nullable) b.line(`${to.nulls}[${i}]=${from.nullable ? `${from.nulls}[${j}]` : '0'};`);
  switch (to.layout) {
    case 'i64':
      b.line(`${to.w}[2*${i}]=${from.w}[2*${j}];${to.w}[2*${i}+1]=${from.w}[2*${j}+1];`);
      return;
    case 'dec':
      b.line(`${to.v}[${i}]=${from.v}[${j}];${to.f1}[${i}]=${from.f1}[${j}];${to.f2}[${i}]=${from.f2}[${j}];`);
      b.line(`if(${to.v}[${i}]!==${to.v}[${i}])${to.big}[${i}]=${from.big}[${j}];`);
      return;
    case 'ref':
      b.line(`${to.refs}[${i}]=${from.refs}[${j}];`);
      return;
    default:
      b.line(`${to.v}[${i}]=${from.v}[${j}];`);
  }
}

function outputCode(b: CodeBuilder, shape: GroupShape): OutputCode {
  b.line('const KW=op.keyWords,F=op.fields.values,G=op.oldFields.values;');
  return {
    outs: shape.columns.map((column, i) => hoistColumn(b, `O.columns[${i}]`, column.type, true)),
    irregular: irregularKeys(b, shape),
    emitted: shape.calls
      .filter((plan) => plan.fields === undefined)
      .map((plan) => hoistColumn(b, `op.emitted[${plan.ordered}]`, plan.call.type, true)),
  };
}

function noInput(pool: Expressions['scope']['pool'], builder: CodeBuilder): ExprCompiler {
  return new ExprCompiler({
    builder,
    pool,
    column: () => {
      throw new Error('results are computed from state alone');
    },
    params: new Map(),
  });
}

/**
 * The loop over touched groups at a barrier, from dirty index `from` until `O` is full: the old row at -1, the new one at
 * +1, nothing if they are equal. Frees groups that are gone. Returns the dirty index to go on with.
 */
export function compileEmit(shape: GroupShape, pool: Expressions['scope']['pool']): EmitKernel {
  const b = new Builder();
  const c = noInput(pool, b);
  const columns = outputCode(b, shape);
  const { stride } = shape;
  b.line('const nd=op.dirtyCount,DS=op.dirtySlots,W=O.weights,SL=O.slots,cap=O.capacity;let k=O.n,d=from;');
  b.line('for(;d<nd&&k+2<=cap;d++){const s=DS[d];let bail=0;');
  b.line(`KW[s*${shape.keyWords.stride}+${shape.keyWords.mark}]=0;`);
  if (shape.bag) {
    // Equal rows are one group; each that came or went is one row of weight +1 or -1.
    b.line(`let more=F[s*${stride}]-G[d*${stride}];if(more!==0){const step=more>0?1:-1;`);
    b.line('while(more!==0){if(k>=cap){O.ensure(k+1);op.regrown=true;}');
    b.line('op.bagRow(O,k,s);O.weights[k]=step;O.slots[k]=s;k++;more-=step;}}');
    b.line(`if(F[s*${stride}]===0)op.freeSlot(s);if(op.regrown){d++;break;}}`);
  } else {
    b.line(`const o=s*${stride},q=d*${stride},had=G[q]>0,has=F[o]>0;`);
    b.line('if(had){');
    emitOutput(c, shape, columns, { array: 'G', base: 'q' });
    b.line('W[k]=-1;SL[k]=s;k++;}');
    if (columns.emitted.length > 0) b.line('op.settleOrdered(s);');
    b.line('if(has){');
    emitOutput(c, shape, columns, { array: 'F', base: 'o' });
    b.line('W[k]=1;SL[k]=s;k++;');
    const same = columns.outs.slice(shape.keys.length).map((out) => sameValue(b, out, '(k-1)', '(k-2)'));
    b.line(`if(had${same.map((t) => `&&${t}`).join('')})k-=2;`);
    b.line('}else op.freeSlot(s);}');
  }
  b.line('O.n=k;return d;');
  return b.build(`emit ${shape.id}`, ['op', 'O', 'from']);
}

/** The loop that appends the current rows of slots, as of the last barrier. */
export function compileGather(shape: GroupShape, pool: Expressions['scope']['pool']): GatherKernel {
  const b = new Builder();
  const c = noInput(pool, b);
  const columns = outputCode(b, shape);
  const { stride } = shape;
  b.line('const W=O.weights,SL=O.slots;let k=O.n;');
  b.line('for(let i=from;i<to;i++){const s=S[i];let bail=0;');
  const mark = `KW[s*${shape.keyWords.stride}+${shape.keyWords.mark}]`;
  b.line(`if(${mark}!==0){const q=(${mark}-1)*${stride};if(G[q]<=0)continue;`);
  emitOutput(c, shape, columns, { array: 'G', base: 'q' });
  b.line(`}else{const o=s*${stride};if(F[o]<=0)continue;`);
  emitOutput(c, shape, columns, { array: 'F', base: 'o' });
  b.line('}W[k]=1;SL[k]=s;k++;}O.n=k;');
  return b.build(`gather ${shape.id}`, ['op', 'O', 'S', 'from', 'to']);
}
