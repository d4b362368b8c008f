import type { Batch } from '../batch.ts';
import type { Groups } from '../state/groups.ts';
import type { StringPool } from '../string-pool.ts';
import { CodeBuilder } from './builder.ts';
import type { ColumnCode } from './column-code.ts';
import { copyColumn, hoistColumn, sameValue, storeColumn } from './column-code.ts';
import { ExprCompiler } from './expr-compiler.ts';
import type { GroupShape } from './group-shape.ts';
import { fieldCode, keyAt, markOf, numbersAt } from './group-shape.ts';
import { emitKeyOutput, interned } from './key-words.ts';

export type EmitKernel = (op: Groups, O: Batch, from: number) => number;
export type GatherKernel = (op: Groups, O: Batch, S: Int32Array, from: number, to: number) => void;

interface OutputCode {
  readonly outs: readonly ColumnCode[];
  readonly irregular: readonly (ColumnCode | undefined)[];
  readonly emitted: readonly ColumnCode[];
}

/** Emits the output row of group `s`, whose numbers start at `base` in `array`, into row `k` of `O`. */
function emitOutput(
  c: ExprCompiler,
  shape: GroupShape,
  code: OutputCode,
  numbers: { array: string; base: string },
): void {
  const { outs, irregular, emitted } = code;
  const base = keyAt(shape, 's');
  emitKeyOutput(c, { outs, irregular, layout: shape.keyWords, words: 'KW', base });
  shape.calls.forEach((plan, n) => {
    const out = outs[shape.keys.length + n]!;
    if (plan.fields === undefined) copyColumn(c.b, out, 'k', emitted[plan.ordered]!, 's');
    else storeColumn(c, plan.fields.result(c, fieldCode(numbers.array, numbers.base, plan)), out, 'k');
  });
}

function outputCode(b: CodeBuilder, shape: GroupShape): OutputCode {
  b.line('const KW=op.keyWords,F=op.numbers,G=op.oldNumbers;');
  return {
    outs: shape.columns.map((column, i) => hoistColumn(b, `O.columns[${i}]`, column.type, true)),
    irregular: shape.keys.map((k, i) =>
      interned(k.type) ? hoistColumn(b, `op.keyNumbers[${i}].values`, k.type, true) : undefined,
    ),
    emitted: shape.calls
      .filter((plan) => plan.fields === undefined)
      .map((plan) => hoistColumn(b, `op.emitted[${plan.ordered}]`, plan.call.type, true)),
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
 * The loop over touched groups at a barrier, from dirty index `from` until `O` is full: the old row at -1, the
 * new one at +1, nothing if they are equal. Frees groups that are gone. Returns the dirty index to go on with.
 */
export function compileEmit(shape: GroupShape, pool: StringPool): EmitKernel {
  const b = new CodeBuilder();
  const c = noInput(pool, b);
  const columns = outputCode(b, shape);
  const { stride } = shape;
  b.line('const nd=op.dirtyCount,DS=op.dirtySlots,W=O.weights,SL=O.slots,cap=O.capacity;let k=O.n,d=from;');
  b.line('for(;d<nd&&k+2<=cap;d++){const s=DS[d];let bail=0;');
  b.line(`${markOf(shape, 's')}=0;`);
  if (shape.bag) {
    // Equal rows are one group; each that came or went is one row of weight +1 or -1.
    b.line(
      `const o=${numbersAt(shape, 's')};let more=F[o]-G[d*${stride}];if(more!==0){const step=more>0?1:-1;`,
    );
    b.line('while(more!==0){if(k>=cap){O.ensure(k+1);op.regrown=true;}');
    b.line('op.bagRow(O,k,s);O.weights[k]=step;O.slots[k]=s;k++;more-=step;}}');
    b.line(`if(F[o]===0)op.freeSlot(s);if(op.regrown){d++;break;}}`);
  } else {
    b.line(`const o=${numbersAt(shape, 's')},q=d*${stride},had=G[q]>0,has=F[o]>0;`);
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
export function compileGather(shape: GroupShape, pool: StringPool): GatherKernel {
  const b = new CodeBuilder();
  const c = noInput(pool, b);
  const columns = outputCode(b, shape);
  const { stride } = shape;
  b.line('const W=O.weights,SL=O.slots;let k=O.n;');
  b.line('for(let i=from;i<to;i++){const s=S[i];let bail=0;');
  const mark = markOf(shape, 's');
  b.line(`if(${mark}!==0){const q=(${mark}-1)*${stride};if(G[q]<=0)continue;`);
  emitOutput(c, shape, columns, { array: 'G', base: 'q' });
  b.line(`}else{const o=${numbersAt(shape, 's')};if(F[o]<=0)continue;`);
  emitOutput(c, shape, columns, { array: 'F', base: 'o' });
  b.line('}W[k]=1;SL[k]=s;k++;}O.n=k;');
  return b.build(`gather ${shape.id}`, ['op', 'O', 'S', 'from', 'to']);
}
