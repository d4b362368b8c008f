import type { Batch } from '../batch.ts';
import type { Groups } from '../state/groups.ts';
import type { StringPool } from '../text/string-pool.ts';
import { CodeBuilder } from './builder.ts';
import type { ColumnCode } from './column-code.ts';
import { copyColumn, hoistColumn, sameValue, storeColumn } from './column-code.ts';
import { ExprCompiler } from './expr-compiler.ts';
import type { CallPlan, GroupShape } from './group-shape.ts';
import { fieldCode, keyAt, markOf, accumulatorsAt } from './group-shape.ts';
import { emitKeyOutput, interned } from './key-words.ts';
import type { Reg } from './reg.ts';
import { differingParts } from './reg.ts';

/** Appends the changes of touched groups to `O`, from dirty index `from` on; returns the index to continue with. */
export type OutputLoop = (op: Groups, O: Batch, from: number) => number;
/** Appends the rows of the slots `S[from, to)` to `O`, as of the last barrier. */
export type GatherLoop = (op: Groups, O: Batch, S: Int32Array, from: number, to: number) => void;

interface OutputCode {
  readonly outs: readonly ColumnCode[];
  readonly irregular: readonly (ColumnCode | undefined)[];
  readonly orderedResults: readonly ColumnCode[];
}

/** Code of the array that holds a group's accumulators, and of their start in it. */
interface Accumulators {
  readonly array: string;
  readonly base: string;
}
const OLD: Accumulators = { array: 'G', base: 'q' };
const NEW: Accumulators = { array: 'F', base: 'o' };

/** Emits the output row of group `s` into row `k` of `O`, from the accumulators; with `counting`, failures count. */
function emitOutput(
  c: ExprCompiler,
  shape: GroupShape,
  code: OutputCode,
  from: Accumulators,
  counting = false,
): void {
  emitKeys(c, shape, code, 'k');
  shape.calls.forEach((plan, n) => {
    const out = code.outs[shape.keys.length + n]!;
    if (plan.fields === undefined) copyColumn(c.b, out, 'k', code.orderedResults[plan.ordered]!, 's');
    else {
      const reg = plan.fields.result(c, fieldCode(from.array, from.base, plan));
      if (counting) emitFailure(c.b, reg);
      storeColumn(c, reg, out, 'k');
    }
  });
}

/** Emits code that counts a failing result, unless the result `before` failed as well. */
function emitFailure(b: CodeBuilder, { failure }: Reg, before?: Reg): void {
  if (failure === undefined) return;
  const known = before?.failure === undefined ? '' : `&&!(${before.failure.when})`;
  b.line(`if(${failure.when}${known})op.fail(${b.bind(failure.error)});`);
}

function emitKeys(c: ExprCompiler, shape: GroupShape, { outs, irregular }: OutputCode, row: string): void {
  emitKeyOutput(c, { outs, irregular, layout: shape.keyWords, words: 'KW', base: keyAt(shape, 's'), row });
}

/**
 * Emits code that writes the old row of group `s` into row `k` of `O` and the new one into the next, and keeps them
 * only if they differ. It has few branches: one first taken late makes V8 discard the loop's optimized code.
 */
function emitChange(c: ExprCompiler, shape: GroupShape, code: OutputCode): void {
  const b = c.b;
  const outOf = (plan: CallPlan): ColumnCode => code.outs[shape.keys.length + shape.calls.indexOf(plan)]!;
  const ordered = shape.calls.filter((plan) => plan.fields === undefined);
  b.line('const j=k+1;let differs=0,unsure=0;');
  for (const plan of ordered) copyColumn(b, outOf(plan), 'k', code.orderedResults[plan.ordered]!, 's');
  if (ordered.length > 0) b.line('op.settleOrdered(s);');
  for (const plan of ordered) {
    copyColumn(b, outOf(plan), 'j', code.orderedResults[plan.ordered]!, 's');
    b.line(`if(!(${sameValue(b, outOf(plan), 'j', 'k')}))differs=1;`);
  }
  for (const plan of shape.calls) {
    if (plan.fields === undefined) continue;
    const [before, after] = [OLD, NEW].map(({ array, base }, i) => {
      const reg = plan.fields!.result(c, fieldCode(array, base, plan));
      storeColumn(c, reg, outOf(plan), i === 0 ? 'k' : 'j');
      return reg;
    });
    emitFailure(b, after!, before);
    b.line(`differs|=${differingParts(before!, after!).join('|') || '0'};`);
    // NaN is not equal to itself; as a limb it marks a value too large for limbs.
    if (before!.layout === 'dec' || before!.layout === 'f64') {
      b.line(`unsure|=(${before!.v}===${before!.v}?0:1);`);
    }
  }
  const same = shape.calls.map((plan) => sameValue(b, outOf(plan), 'j', 'k'));
  b.line(`if(unsure===1&&${same.join('&&') || 'true'})differs=0;`);
  b.line('if(differs===1){');
  emitKeys(c, shape, code, 'k');
  emitKeys(c, shape, code, 'j');
  b.line('W[k]=-1;SL[k]=s;W[j]=1;SL[j]=s;k+=2;}');
}

function outputCode(b: CodeBuilder, shape: GroupShape): OutputCode {
  b.line('const KW=op.keyWords,F=op.accumulators,G=op.oldAccumulators;');
  return {
    outs: shape.columns.map((column, i) => hoistColumn(b, `O.columns[${i}]`, column.type, true)),
    irregular: shape.keys.map((k, i) =>
      interned(k.type) ? hoistColumn(b, `op.keyDictionaries[${i}].values`, k.type, true) : undefined,
    ),
    orderedResults: shape.calls
      .filter((plan) => plan.fields === undefined)
      .map((plan) => hoistColumn(b, `op.orderedResults[${plan.ordered}]`, plan.call.type, true)),
  };
}

function noInput(pool: StringPool, builder: CodeBuilder): ExprCompiler {
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
 * Compiles a barrier's loop over the touched groups, from dirty index `from` until `O` is full: it appends the old row
 * at -1 and the new one at +1, or nothing if they are identical, and removes groups without rows. The loop returns the
 * dirty index to continue with.
 */
export function compileOutput(shape: GroupShape, pool: StringPool): OutputLoop {
  const b = new CodeBuilder();
  const c = noInput(pool, b);
  const columns = outputCode(b, shape);
  const { stride } = shape;
  b.line('const nd=op.dirtyCount,DS=op.dirtySlots,W=O.weights,SL=O.slots,cap=O.capacity;let k=O.n,d=from;');
  b.line('for(;d<nd&&k+2<=cap;d++){const s=DS[d];let bail=0;');
  b.line(`${markOf(shape, 's')}=0;`);
  if (shape.multiset) {
    // Identical rows are one group; each copy that was added or retracted is one row of weight +1 or -1.
    b.line(
      `const o=${accumulatorsAt(shape, 's')};let more=F[o]-G[d*${stride}];if(more!==0){const step=more>0?1:-1;op.copies+=more;`,
    );
    b.line('while(more!==0){if(k>=cap){O.ensure(k+1);op.regrown=true;}');
    b.line('op.multisetRow(O,k,s);O.weights[k]=step;O.slots[k]=s;k++;more-=step;}}');
    b.line('if(F[o]<=0)op.gone(s);if(op.regrown){d++;break;}}');
  } else {
    b.line(`const o=${accumulatorsAt(shape, 's')},q=d*${stride},had=G[q]>0,has=F[o]>0;`);
    b.line('if(had&&has){');
    emitChange(c, shape, columns);
    b.line('}else if(had){');
    emitOutput(c, shape, columns, OLD);
    b.line('W[k]=-1;SL[k]=s;k++;op.gone(s);}else if(has){');
    if (columns.orderedResults.length > 0) b.line('op.settleOrdered(s);');
    emitOutput(c, shape, columns, NEW, true);
    b.line('W[k]=1;SL[k]=s;k++;}else op.gone(s);}');
  }
  b.line('O.n=k;return d;');
  return b.build(`emit ${shape.id}`, ['op', 'O', 'from']);
}

/** Compiles the loop that appends the rows of slots as of the last barrier. */
export function compileGather(shape: GroupShape, pool: StringPool): GatherLoop {
  const b = new CodeBuilder();
  const c = noInput(pool, b);
  const columns = outputCode(b, shape);
  const { stride } = shape;
  b.line('const W=O.weights,SL=O.slots;let k=O.n;');
  b.line('for(let i=from;i<to;i++){const s=S[i];let bail=0;');
  const mark = markOf(shape, 's');
  b.line(`if(${mark}!==0){const q=(${mark}-1)*${stride};if(G[q]<=0)continue;`);
  emitOutput(c, shape, columns, OLD);
  b.line(`}else{const o=${accumulatorsAt(shape, 's')};if(F[o]<=0)continue;`);
  emitOutput(c, shape, columns, NEW);
  b.line('}W[k]=1;SL[k]=s;k++;}O.n=k;');
  return b.build(`gather ${shape.id}`, ['op', 'O', 'S', 'from', 'to']);
}
