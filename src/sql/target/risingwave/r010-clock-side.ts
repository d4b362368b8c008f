import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { clockFindings } from './clock-conditions.ts';
import type { ClockFault } from './clock-conditions.ts';
import { RENDERED } from './rendered.ts';

const MESSAGES: Partial<Record<ClockFault, readonly [message: string, hint: string]>> = {
  side: [
    'RisingWave wants now() on one side of a comparison, and columns only on the other',
    "move the column over: instead of now() - at < INTERVAL '1 day', write at > now() - INTERVAL '1 day'",
  ],
  'no order': [
    'RisingWave compares with now() only by =, <, <=, > and >=',
    'write x < ... in one branch of a UNION ALL, and x > ... in another',
  ],
  negated: [
    'RisingWave does not turn a comparison with now() around that stands behind NOT',
    'write x >= ... instead of NOT x < ...',
  ],
};

/** RisingWave wants the clock on one side of a comparison, and the columns on the other. */
export const CLOCK_SIDE: TargetRule = {
  code: 'R010',
  about: 'a comparison with now() and a column on the same side, without a column, by <>, or behind NOT',
  source:
    'RisingWave\'s src/frontend/src/expr/mod.rs; 2.8.4 answers "... in the form of `input_expr cmp now_expr`"',
  renderable: true,
  check: (input) =>
    clockFindings(input).flatMap(({ fault, span }) => {
      const [message, hint] = MESSAGES[fault] ?? [];
      return message === undefined ? [] : [refused('R010', message, `${hint}; ${RENDERED}`, span)];
    }),
};
