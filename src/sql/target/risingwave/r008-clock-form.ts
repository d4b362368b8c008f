import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { clockFindings } from './clock-conditions.ts';
import type { ClockFault } from './clock-conditions.ts';
import { RENDERED } from './rendered.ts';

const DAYS = "for days write date_trunc('day', now() AT TIME ZONE 'UTC'), and compare a timestamp with it";

const MESSAGES: Partial<Record<ClockFault, readonly [message: string, hint: string]>> = {
  unknown: ['RisingWave cannot prove that this clock never falls, and refuses to filter by it', DAYS],
  falling: [
    'this falls while the clock rises, and RisingWave refuses to filter by it',
    'leave now() on the left of the minus sign: instead of x < t - now(), write t - x > now()',
  ],
  'no comparison': [
    'RisingWave wants a plain comparison with now(), and no expression around it',
    'write the comparison itself as a condition of WHERE, with a branch of a UNION ALL for each case',
  ],
  cast: [
    'RisingWave casts this clock to the type of the column, and refuses to filter by a cast',
    "compare equal types: a TIMESTAMPTZ with now() alone, a TIMESTAMP with now() AT TIME ZONE 'UTC'",
  ],
};

/** RisingWave filters by a clock only if it can prove that the clock never falls. */
export const CLOCK_FORM: TargetRule = {
  code: 'R008',
  about: 'a cast, a field or a function of now() in a condition, or its time in a zone other than UTC',
  source:
    'RisingWave\'s src/frontend/src/optimizer/property/monotonicity.rs; 2.8.4 answers "Conditions containing now must be in the form of `input_expr cmp now_expr`"',
  renderable: true,
  check: (input) =>
    clockFindings(input).flatMap(({ fault, span }) => {
      const [message, hint] = MESSAGES[fault] ?? [];
      return message === undefined ? [] : [refused('R008', message, `${hint}; ${RENDERED}`, span)];
    }),
};
