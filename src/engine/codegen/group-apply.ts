import { skipsNulls } from '../aggregates/aggregate.ts';
import type { Batch } from '../batch.ts';
import type { Groups } from '../state/groups.ts';
import type { Expressions } from '../operators/expressions.ts';
import { EMPTY } from '../state/hash-table.ts';
import { CodeBuilder } from './builder.ts';
import type { ColumnCode } from './column-code.ts';
import { hoistColumn, storeColumn } from './column-code.ts';
import { box } from './boxed-calls.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { CallPlan, GroupShape, RowExprs } from './group-shape.ts';
import { fieldCode, irregularKeys } from './group-shape.ts';
import { emitDoubleWords, emitKeyWords } from './key-words.ts';
import type { Reg } from './reg.ts';

export type ApplyKernel = (op: Groups, B: Batch) => void;

const HASH = '0x9e3779b1';

/**
 * The loop that takes rows into groups: predicate, keys, probe or insert, first-touch capture of the old state,
 * updates. Rows that leave the common domain are put aside (`op.defer`) and evaluated by the interpreter after
 * the loop; aggregates don't depend on the order.
 */
export function compileApply(shape: GroupShape, x: Expressions, exprs: RowExprs): ApplyKernel {
  const b = new CodeBuilder();
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
      const type =
        k < plan.call.args.length
          ? plan.call.args[k]!.type
          : plan.call.orderBy[k - plan.call.args.length]!.expr.type;
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
      return `${set}.add(s,op.internDistinct(${plan.distinct},${box(c, { ...arg, nul: undefined })}),0,w)`;
    default:
      return `${set}.add(s,${arg.v},0,w)`;
  }
}
