import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { clockFindings } from './clock-conditions.ts';
import { RENDERED } from './rendered.ts';

/** RisingWave plans an OR as a union of one filter by the clock and the other conditions. */
export const CLOCK_IN_OR: TargetRule = {
  code: 'R011',
  about: 'an OR of two conditions with now(), also as IN or NOT BETWEEN',
  source:
    "RisingWave's src/frontend/src/optimizer/rule/stream/split_now_or_rule.rs allows now() in one arm of an OR",
  renderable: true,
  check: (input) =>
    clockFindings(input)
      .filter(({ fault }) => fault === 'second arm')
      .map(({ span }) =>
        refused(
          'R011',
          'RisingWave allows now() in only one arm of an OR',
          `write a branch of a UNION ALL for each arm, and keep out of it the rows of the others; ${RENDERED}`,
          span,
        ),
      ),
};
