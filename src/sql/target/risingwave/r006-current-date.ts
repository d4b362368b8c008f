import type { Diagnostic } from '../../diagnostic.ts';
import { walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';

const NO_TIME_OF_DAY = 'RisingWave has no filter by the time of day; compare full timestamps with now()';
const NAMES: readonly (readonly [op: RegExp, name: string, instead: string])[] = [
  [/CURRENT_DATE/, 'CURRENT_DATE', "compare with date_trunc('day', now() AT TIME ZONE 'UTC')"],
  [/LOCALTIMESTAMP/, 'LOCALTIMESTAMP', "compare with now() AT TIME ZONE 'UTC'"],
  [/LOCALTIME(?:_N)?$/, 'LOCALTIME', NO_TIME_OF_DAY],
  [/CURRENT_TIME(?:_N)?$/, 'CURRENT_TIME', NO_TIME_OF_DAY],
];

/** RisingWave reads these words as column names. */
export const CURRENT_DATE: TargetRule = {
  code: 'R006',
  about: 'CURRENT_DATE, LOCALTIMESTAMP and LOCALTIME',
  source: 'RisingWave 2.8.4 answers "Item not found: Invalid column: current_date"',
  renderable: true,
  check({ queries }) {
    const found: Diagnostic[] = [];
    for (const { select, slice } of queries) {
      walk(select, (_, node) => {
        if (!('SQLValueFunction' in node)) return;
        const { op = '', location } = node.SQLValueFunction;
        const known = NAMES.find(([pattern]) => pattern.test(op));
        if (known === undefined) return;
        const [, name, instead] = known;
        const message = `RisingWave does not know ${name}: it looks for a column of that name`;
        found.push(
          refused(
            'R006',
            message,
            `${instead}; now() may stand only in WHERE, HAVING and ON; ${RENDERED}`,
            slice.spanAt(location),
          ),
        );
      });
    }
    return found;
  },
};
