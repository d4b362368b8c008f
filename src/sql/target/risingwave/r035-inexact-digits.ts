import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { allExprs } from './bound-plan.ts';

const FUNCTIONS: ReadonlySet<string> = new Set(['power', 'pow', '^', 'exp', 'ln', 'log', 'log10', 'sqrt']);

/** RisingWave computes these with the approximations of a library of decimals, and Freshet all 28 digits. */
export const INEXACT_DIGITS: TargetRule = {
  code: 'R035',
  about: 'a power, root or logarithm of a NUMERIC, whose last digits differ',
  source: "RisingWave's src/expr/impl/src/scalar/exp.rs calls the crate rust_decimal (feature maths)",
  renderable: false,
  check: ({ pipeline }) =>
    allExprs(pipeline).flatMap((e) => {
      if (e.kind !== 'call' || !FUNCTIONS.has(e.fn.name) || e.span === undefined) return [];
      // RisingWave has no logarithm with a base (R017).
      const isLogOfBase = e.fn.name === 'log' && e.args.length === 2;
      if (isLogOfBase || !e.fn.args.some((t) => t.kind === 'numeric')) return [];
      const hint =
        'round the result, or compute with DOUBLE PRECISION; if it does not matter, write -- freshet:allow R035';
      return [
        differs('R035', `the last digits of ${e.fn.name} of a NUMERIC differ in RisingWave`, hint, e.span),
      ];
    }),
};
