import type { ClockRule } from '../../plan/clock-rules.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Datum } from '../../values/datum.ts';
import type { Batch } from '../batch.ts';
import { CodeBuilder } from '../codegen/builder.ts';
import type { ExprCompiler } from '../codegen/expr-compiler.ts';
import { layoutOf } from '../column.ts';
import type { Expressions } from './expressions.ts';

/** Writes into `out`, for `count` rows of a batch (indexes in `rows`), the instant at which each changes next. */
export type NextChangeLoop = (batch: Batch, rows: Int32Array, count: number, out: Float64Array) => void;

/** The operator's clock, which the loop reads at each call. */
export interface Clock {
  now_us(): number;
  /** Returns when an expression that depends on the clock alone changes next, and with it every row. */
  nextStep_us(): number;
}

/**
 * Compiles the loop that computes, for some rows, the first instant after now at which one of a row's expressions
 * changes. `values` holds all expressions that the rules read.
 */
export function compileNextChange(
  id: string,
  values: Expressions,
  rules: readonly ClockRule[],
  clock: Clock,
): NextChangeLoop {
  const b = new CodeBuilder();
  const row = values.begin(b);
  b.line(`const first=${b.bind(() => clock.nextStep_us())}();`);
  b.line('for(let k=0;k<count;k++){const i=rows[k];let bail=0,t=first;');
  const c = row('i');
  for (const rule of rules) {
    const read = rule.values.map((e) => emitValue(b, c, values, e));
    b.line(`{const y=${b.bind(rememberingNext(rule, clock))}(${read.join(',')});if(y<t)t=y;}`);
  }
  b.line('out[k]=t;}');
  return b.build(`nextChange ${id}`, ['B', 'rows', 'count', 'out']);
}

/** Emits the value, as a datum, of an expression that does not use the clock; returns the name of the variable. */
function emitValue(b: CodeBuilder, c: ExprCompiler, values: Expressions, e: Expr): string {
  const v = b.fresh('x');
  // The expression does not use the clock, so any clock will do for the interpreter.
  // Failures are counted where the row itself is computed.
  const slow = b.bind((batch: Batch, i: number) =>
    values.context.errors.silently(() => values.interpret(e, batch, i)),
  );
  const layout = layoutOf(e.type);
  // Registers of other layouts are not datums.
  if (values.context.interpret || (layout !== 'f64' && layout !== 'i32')) {
    b.line(`const ${v}=${slow}(B,i);`);
    return v;
  }
  const value = c.compile(e);
  b.line(`let ${v}=${value.nul === undefined ? value.v : `${value.nul}===1?null:${value.v}`};`);
  if (c.canBail) b.line(`if(bail!==0)${v}=${slow}(B,i);`);
  return v;
}

/** Returns the rule's `next`, with the last result cached: rows of one day come together. */
function rememberingNext(rule: ClockRule, clock: Clock): (...values: Datum[]) => number {
  let before: readonly Datum[] = [];
  let lastNow = NaN;
  let last = Infinity;
  return (...values) => {
    const now = clock.now_us();
    // The next change as of an earlier instant is still the next one while it lies ahead.
    const known = lastNow <= now && (last > now || lastNow === now);
    if (known && values.every((x, i) => x === before[i])) return last;
    before = values;
    lastNow = now;
    last = rule.next(values, now);
    return last;
  };
}
