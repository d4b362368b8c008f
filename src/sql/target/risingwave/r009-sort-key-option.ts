import type { Diagnostic } from '../../diagnostic.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';

/** `freshet.sort_key` is an option of Freshet. In RisingWave every attribute of the table's key is a column. */
export const SORT_KEY_OPTION: TargetRule = {
  code: 'R009',
  about: 'a sort key in freshet.sort_key instead of a column',
  source:
    'RisingWave compares primary_key with the key of the table: "... must match RisingWave primary key ..."',
  renderable: true,
  check({ statements }) {
    return statements.flatMap((s): Diagnostic[] => {
      if (s.kind !== 'sink') return [];
      const option = s.options.find((o) => o.key.value === 'freshet.sort_key');
      if (option === undefined) return [];
      return [
        refused(
          'R009',
          'RisingWave does not know freshet.sort_key: its items would lack the sort key of the table',
          `make it a column of the view, '${option.value}' AS sk, and name it in primary_key; ${RENDERED}`,
          option.key.span,
        ),
      ];
    });
  },
};
