import { EMPTY, homeCode } from '../state/distinct-set.ts';
import { box } from './boxed-calls.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { CallPlan } from './group-shape.ts';
import { emitDoubleWords } from './key-words.ts';
import type { Reg } from './reg.ts';

/** The arrays of one DistinctSet, hoisted into constants before a loop, after room was made in the set. */
export interface DistinctCode {
  readonly plan: CallPlan;
  readonly set: string;
  readonly entries: string;
  readonly mask: string;
  /** The variable that counts new entries; after the loop it is added to the set's `used`. */
  readonly added: string;
}

/** Emits room for `n` values in a set, and the constants of its arrays. */
export function hoistDistinct(c: ExprCompiler['b'], plan: CallPlan): DistinctCode {
  const set = c.fresh('d');
  c.line(`const ${set}=op.distinct[${plan.distinct!.index}];${set}.reserve(n);`);
  c.line(`const ${set}e=${set}.entries,${set}m=${set}.mask;let ${set}u=0;`);
  return { plan, set, entries: `${set}e`, mask: `${set}m`, added: `${set}u` };
}

/** Emits the words of a value that is not NULL; `hi` is undefined for values of one word. */
export function emitValueWords(
  c: ExprCompiler,
  plan: CallPlan,
  arg: Reg,
): { lo: string; hi: string | undefined } {
  switch (arg.layout) {
    case 'i64':
      return c.asWords(arg);
    case 'f64':
      return emitDoubleWords(c, arg.v);
    case 'dec':
    case 'ref': {
      const lo = c.b.fresh('v');
      const value = box(c, { ...arg, nul: undefined });
      c.b.line(`const ${lo}=op.distinctDictionaries[${plan.distinct!.index}].idOf(${value});`);
      return { lo, hi: undefined };
    }
    default:
      return { lo: arg.v, hi: undefined };
  }
}

/**
 * Emits the probe of a set from position `p` (a variable) on, for group `s`, a value's words and the weight `w` (+1 or
 * -1). Declares a variable for the step and returns its name: 1 if the value is new to the group, -1 if it left it,
 * else 0.
 */
export function emitDistinctStep(
  c: ExprCompiler,
  code: DistinctCode,
  value: { lo: string; hi: string | undefined; p: string; w: string },
): string {
  const { stride, counted } = code.plan.distinct!;
  const { entries: E } = code;
  const { lo, hi, p, w } = value;
  const b = c.b;
  const step = b.fresh('w');
  const at = b.fresh('a');
  const count = `${E}[${at}+${stride - 1}]`;
  const gone = b.bind(retractedTooOften);
  b.line(`let ${step}=0;for(;;){const ${at}=${p}*${stride},e=${E}[${at}];`);
  b.line(`if(e===${EMPTY}){${counted ? `if(${w}<0)${gone}();` : ''}${E}[${at}]=s+1;${E}[${at}+1]=${lo};`);
  if (hi !== undefined) b.line(`${E}[${at}+2]=${hi};`);
  b.line(`${counted ? `${count}=${w};` : ''}${code.added}++;${step}=1;break;}`);
  b.line(`if(e===s+1&&${E}[${at}+1]===${lo}${hi === undefined ? '' : `&&${E}[${at}+2]===${hi}`}){`);
  if (counted) {
    b.line(`const before=${count},after=before+${w};if(after<0)${gone}();${count}=after;`);
    b.line(`${step}=before===0?1:after===0?-1:0;`);
  }
  b.line(`break;}${p}=(${p}+1)&${code.mask};}`);
  return step;
}

/** Emits the position at which a probe starts; returns the name of its variable. */
export function emitDistinctHome(
  c: ExprCompiler,
  code: DistinctCode,
  value: { lo: string; hi: string | undefined },
): string {
  const p = c.b.fresh('p');
  c.b.line(`${homeCode(p, 's', value.lo, value.hi)}${p}&=${code.mask};`);
  return p;
}

function retractedTooOften(): never {
  throw new Error('a value was retracted more often than it was added');
}
