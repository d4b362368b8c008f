import type { AggregateCall } from '../../plan/nodes.ts';
import type { FieldAggregate, FieldNames } from '../aggregates/aggregate.ts';
import { skipsNulls } from '../aggregates/aggregate.ts';
import { layoutOf } from '../column.ts';
import type { AggregateOperator } from '../operators/aggregate.ts';
import type { Expressions } from '../operators/expressions.ts';
import type { Batch } from '../batch.ts';
import { EMPTY } from '../state/hash-table.ts';
import type { CodeBuilder } from './builder.ts';
import { CodeBuilder as Builder } from './builder.ts';
import type { ColumnCode } from './column-code.ts';
import { hoistColumn, sameValue, storeColumn } from './column-code.ts';
import { ExprCompiler } from './expr-compiler.ts';
import type { Reg } from './reg.ts';
import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';

/** How one aggregate call is computed, and where its fields start. */
export interface CallPlan {
  readonly call: AggregateCall;
  /** Numbers per group; undefined: `ordered` (by index in the operator's list). */
  readonly fields: FieldAggregate | undefined;
  readonly ordered: number;
  readonly f64Start: number;
  readonly i32Start: number;
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
  readonly keys: readonly PlanColumn[];
  readonly calls: readonly CallPlan[];
  readonly columns: readonly PlanColumn[];
  readonly bag: boolean;
  readonly f64Count: number;
  readonly i32Count: number;
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
  b.line('const T=op.table.entries,mask=op.table.mask,E=op.touched,DS=op.dirtySlots,DI=op.dirtyIndex;');
  b.line('const epoch=op.epoch;let nd=op.dirtyCount,last=-1,lastHash=0;');
  const keyColumns = shape.keys.map((k, i) => hoistColumn(b, `op.keyColumns[${i}]`, k.type, k.nullable));
  const keyIds = shape.keys.map((k, i) => {
    if (!interned(k)) return undefined;
    const name = b.fresh('c');
    b.line(`const ${name}=op.keyIds[${i}];`);
    return name;
  });
  const main = hoistFields(b, 'op.fields', shape);
  const old = hoistFields(b, 'op.oldFields', shape);
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
    const words = keys.map((reg, k) => keyWords(c, reg, shape.keys[k]!, k));
    if (c.canBail) b.line('if(bail!==0){op.defer(B,i);continue;}');
    emitProbe({ b, c, keys, words, keyColumns, keyIds });
    // The first touch in this epoch keeps the state as it was, to be compared and retracted at the barrier.
    b.line('if(E[s]!==epoch){E[s]=epoch;DI[s]=nd;DS[nd]=s;');
    for (const [name, oldName] of pairFields(main, old)) b.line(`${oldName}[nd]=${name}[s];`);
    b.line('nd++;}');
    b.line(`${main.i[0]}[s]+=w;`);
    shape.calls.forEach((plan, i) => {
      emitUpdate(c, plan, main, { args: args[i]!, filter: filters[i], orderKeys: orderKeys[i]! });
    });
    b.line('}');
  }
  b.line('op.dirtyCount=nd;');
  return b.build('apply', ['op', 'B']);
}

interface AllFields {
  readonly f: readonly string[];
  readonly i: readonly string[];
}

function hoistFields(b: CodeBuilder, from: string, shape: GroupShape): AllFields {
  const fields = b.fresh('F');
  b.line(`const ${fields}=${from};`);
  const f = Array.from({ length: shape.f64Count }, (_, k) => `${fields}f${k}`);
  const i = Array.from({ length: shape.i32Count }, (_, k) => `${fields}i${k}`);
  f.forEach((name, k) => b.line(`const ${name}=${fields}.f[${k}];`));
  i.forEach((name, k) => b.line(`const ${name}=${fields}.i[${k}];`));
  return { f, i };
}

function pairFields(a: AllFields, b: AllFields): [string, string][] {
  return [...a.f.map((n, k): [string, string] => [n, b.f[k]!]), ...a.i.map((n, k): [string, string] => [n, b.i[k]!])];
}

function fieldNames(all: AllFields, plan: CallPlan): FieldNames {
  return { f: all.f.slice(plan.f64Start), i: all.i.slice(plan.i32Start) };
}

/** Keys of irregular layout are numbered by their canonical text; the number takes the key's place in the index. */
export function interned(k: PlanColumn): boolean {
  const layout = layoutOf(k.type);
  return layout === 'dec' || layout === 'ref';
}

function keyWords(c: ExprCompiler, reg: Reg, key: PlanColumn, k: number): string[] {
  switch (reg.layout) {
    case 'i64': {
      const { lo, hi } = c.asWords(reg);
      return [lo, hi];
    }
    case 'f64': {
      // The bits, through a shared scratch: doubles differ in both words.
      const scratch = new Float64Array(1);
      const bits = c.b.bind(new Int32Array(scratch.buffer));
      const [lo, hi] = [c.b.fresh('v'), c.b.fresh('v')];
      c.b.line(`${c.b.bind(scratch)}[0]=${reg.v};const ${lo}=${bits}[0],${hi}=${bits}[1];`);
      return [lo, hi];
    }
    case 'dec':
    case 'ref': {
      const id = c.b.fresh('v');
      c.b.line(`const ${id}=op.internKey(${k},${c.box(reg, key.type)});`);
      return [id];
    }
    default:
      return [reg.v];
  }
}

interface Probe {
  readonly b: CodeBuilder;
  readonly c: ExprCompiler;
  readonly keys: readonly Reg[];
  readonly words: readonly (readonly string[])[];
  readonly keyColumns: readonly ColumnCode[];
  readonly keyIds: readonly (string | undefined)[];
}

/** Declares `s`, the slot of the row's group, inserting the group if it is new. */
function emitProbe({ b, c, keys, words, keyColumns, keyIds }: Probe): void {
  b.line('let h=0x811c9dc5|0;');
  words.forEach((list, k) => {
    const nul = keys[k]!.nul;
    for (const word of list) {
      const value = nul === undefined ? word : `(${nul}===1?0x5bd1e995:${word})`;
      b.line(`h=Math.imul(h^${value},${HASH});h^=h>>>15;`);
    }
  });
  const same = (slot: string): string => {
    const tests = keyColumns.flatMap((column, k) => {
      const out: string[] = [];
      const nul = keys[k]!.nul;
      if (column.nullable) out.push(`${column.nulls}[${slot}]===${nul ?? '0'}`);
      const [lo, hi] = words[k] as [string, string | undefined];
      const zero = (word: string): string => (nul === undefined ? word : `(${nul}===1?0:${word})`);
      const ids = keyIds[k];
      if (ids !== undefined) out.push(`${ids}[${slot}]===${lo}`);
      else if (hi !== undefined) {
        out.push(`${column.w}[2*${slot}]===${zero(lo)}`);
        out.push(`${column.w}[2*${slot}+1]===${zero(hi)}`);
      } else out.push(`${column.v}[${slot}]===${zero(lo)}`);
      return out;
    });
    return tests.length === 0 ? 'true' : tests.join('&&');
  };
  b.line(`let s=-1;if(last>=0&&lastHash===h&&${same('last')})s=last;else{`);
  b.line('let p=h&mask;for(;;){s=T[2*p+1];');
  b.line(`if(s===${EMPTY}){s=op.newSlot(h);T[2*p]=h;T[2*p+1]=s;`);
  keyColumns.forEach((column, k) => {
    storeColumn(c, keys[k]!, column, 's');
    if (keyIds[k] !== undefined) b.line(`${keyIds[k]}[s]=${words[k]![0]};`);
  });
  b.line('break;}');
  b.line(`if(T[2*p]===h&&${same('s')})break;p=(p+1)&mask;}last=s;lastHash=h;}`);
}

interface CallRegs {
  readonly args: readonly Reg[];
  readonly filter: Reg | undefined;
  readonly orderKeys: readonly Reg[];
}

function emitUpdate(c: ExprCompiler, plan: CallPlan, main: AllFields, regs: CallRegs): void {
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
    plan.fields.update(c, fieldNames(main, plan), { s: 's', w: weight, args: regs.args });
    if (plan.distinct >= 0) b.line('}');
  }
  b.line('}');
}

function distinctStep(c: ExprCompiler, plan: CallPlan, arg: Reg): string {
  const set = `op.distinct[${plan.distinct}]`;
  switch (arg.layout) {
    case 'i64': {
      const { lo, hi } = c.asWords(arg);
      return `${set}.addWide(s,${lo},${hi},w)`;
    }
    case 'f64':
      return `${set}.addWide(s,${arg.v}|0,Math.floor(${arg.v}/4294967296)|0,w)`;
    case 'dec':
    case 'ref':
      return `${set}.add(s,op.internDistinct(${plan.distinct},${c.box({ ...arg, nul: undefined }, plan.call.args[0]!.type)}),w)`;
    default:
      return `${set}.add(s,${arg.v},w)`;
  }
}

/** Whether the values of a distinct aggregate take two words in its set. */
export function isWide(call: AggregateCall): boolean {
  const layout = layoutOf(call.args[0]!.type);
  return layout === 'i64' || layout === 'f64';
}

/** Emits the output row of a group at index `i` of the given fields into row `k` of `O`. */
function emitOutput(
  c: ExprCompiler,
  shape: GroupShape,
  code: { outs: readonly ColumnCode[]; keys: readonly ColumnCode[]; emitted: readonly ColumnCode[]; fields: AllFields },
  i: string,
): void {
  shape.keys.forEach((_, k) => copyColumn(c.b, code.outs[k]!, 'k', code.keys[k]!, 's'));
  shape.calls.forEach((plan, n) => {
    const out = code.outs[shape.keys.length + n]!;
    if (plan.fields === undefined) copyColumn(c.b, out, 'k', code.emitted[plan.ordered]!, 's');
    else storeColumn(c, plan.fields.result(c, fieldNames(code.fields, plan), i), out, 'k');
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

function outputCode(b: CodeBuilder, shape: GroupShape): {
  outs: ColumnCode[];
  keys: ColumnCode[];
  emitted: ColumnCode[];
} {
  return {
    outs: shape.columns.map((column, i) => hoistColumn(b, `O.columns[${i}]`, column.type, true)),
    keys: shape.keys.map((k, i) => hoistColumn(b, `op.keyColumns[${i}]`, k.type, k.nullable)),
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
  const main = hoistFields(b, 'op.fields', shape);
  const old = hoistFields(b, 'op.oldFields', shape);
  b.line('const nd=op.dirtyCount,DS=op.dirtySlots,W=O.weights,SL=O.slots,cap=O.capacity;let k=O.n,d=from;');
  b.line('for(;d<nd&&k+2<=cap;d++){const s=DS[d];let bail=0;');
  if (shape.bag) {
    // Equal rows are one group; each that came or went is one row of weight +1 or -1.
    b.line(`let more=${main.i[0]}[s]-${old.i[0]}[d];if(more!==0){const step=more>0?1:-1;`);
    b.line('while(more!==0){if(k>=cap){O.ensure(k+1);op.regrown=true;}');
    b.line('op.bagRow(O,k,s);O.weights[k]=step;O.slots[k]=s;k++;more-=step;}}');
    b.line(`if(${main.i[0]}[s]===0)op.freeSlot(s);if(op.regrown){d++;break;}}`);
  } else {
    b.line(`const had=${old.i[0]}[d]>0,has=${main.i[0]}[s]>0;`);
    b.line('if(had){');
    emitOutput(c, shape, { ...columns, fields: old }, 'd');
    b.line('W[k]=-1;SL[k]=s;k++;}');
    if (columns.emitted.length > 0) b.line('op.settleOrdered(s);');
    b.line('if(has){');
    emitOutput(c, shape, { ...columns, fields: main }, 's');
    b.line('W[k]=1;SL[k]=s;k++;');
    const same = columns.outs.slice(shape.keys.length).map((out) => sameValue(b, out, '(k-1)', '(k-2)'));
    b.line(`if(had${same.map((t) => `&&${t}`).join('')})k-=2;`);
    b.line('}else op.freeSlot(s);}');
  }
  b.line('O.n=k;return d;');
  return b.build('emit', ['op', 'O', 'from']);
}

/** The loop that appends the current rows of slots, as of the last barrier. */
export function compileGather(shape: GroupShape, pool: Expressions['scope']['pool']): GatherKernel {
  const b = new Builder();
  const c = noInput(pool, b);
  const columns = outputCode(b, shape);
  const main = hoistFields(b, 'op.fields', shape);
  const old = hoistFields(b, 'op.oldFields', shape);
  b.line('const E=op.touched,DI=op.dirtyIndex,epoch=op.epoch,W=O.weights,SL=O.slots;let k=O.n;');
  b.line('for(let i=from;i<to;i++){const s=S[i];let bail=0;');
  b.line('if(E[s]===epoch){const d=DI[s];');
  b.line(`if(${old.i[0]}[d]<=0)continue;`);
  emitOutput(c, shape, { ...columns, fields: old }, 'd');
  b.line(`}else{if(${main.i[0]}[s]<=0)continue;`);
  emitOutput(c, shape, { ...columns, fields: main }, 's');
  b.line('}W[k]=1;SL[k]=s;k++;}O.n=k;');
  return b.build('gather', ['op', 'O', 'S', 'from', 'to']);
}
