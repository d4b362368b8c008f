import type { ClockRule } from '../../plan/clock-rules.ts';
import { nextFlip } from '../../plan/clock-rules.ts';
import type { Batch } from '../batch.ts';
import { CodeBuilder } from '../codegen/builder.ts';
import type { Expressions } from './expressions.ts';

type Bound = ClockRule & { readonly kind: 'bound' };

/**
 * For `count` rows of a batch (by index in `rows`): the first instant at which each changes next, into `out`.
 */
export type NextChangeKernel = (batch: Batch, rows: Int32Array, count: number, out: Float64Array) => void;

/** What the kernel asks its operator at each call. */
export interface Clock {
  now_us(): number;
  /** When expressions that depend on the clock alone change next: that moves every row. */
  nextStep_us(): number;
}

/**
 * The loop that computes, for some rows, the first instant after now at which one of their expressions changes.
 * `values` are the compared values of the rules, in order.
 */
export function compileNextChange(
  id: string,
  values: Expressions,
  rules: readonly Bound[],
  clock: Clock,
): NextChangeKernel {
  const b = new CodeBuilder();
  const row = values.begin(b);
  b.line(`const first=${b.bind(() => clock.nextStep_us())}();`);
  b.line('for(let k=0;k<count;k++){const i=rows[k];let bail=0,t=first;');
  // Clock-free values never change, so the interpreter's clock does not matter here.
  // What fails here fails in the row itself, where it is counted.
  const slow = b.bind((batch: Batch, i: number, k: number) =>
    values.scope.errors.silently(() => values.interpret(rules[k]!.value, batch, i)),
  );
  const c = row('i');
  rules.forEach((rule, k) => {
    const v = b.fresh('x');
    if (values.scope.interpret) b.line(`const ${v}=${slow}(B,i,${k});`);
    else {
      const value = c.compile(rule.value);
      b.line(`let ${v}=${value.nul === undefined ? value.v : `${value.nul}===1?null:${value.v}`};`);
      if (c.canBail) b.line(`if(bail!==0)${v}=${slow}(B,i,${k});`);
    }
    b.line(`if(${v}!==null){const y=${b.bind(rememberingFlip(rule, clock))}(${v});if(y<t)t=y;}`);
  });
  b.line('out[k]=t;}');
  return b.build(`nextChange ${id}`, ['B', 'rows', 'count', 'out']);
}

/** nextFlip, remembering the last value: rows of one day come together. */
function rememberingFlip(rule: Bound, clock: Clock): (x: number) => number {
  let lastX = NaN;
  let lastNow = NaN;
  let last = Infinity;
  return (x) => {
    const now = clock.now_us();
    // The next flip after an earlier instant is still the next one if it has not passed.
    if (x === lastX && lastNow <= now && (last > now || lastNow === now)) return last;
    lastX = x;
    lastNow = now;
    last = nextFlip(rule, x, now);
    return last;
  };
}
