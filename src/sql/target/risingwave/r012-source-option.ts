import type { Diagnostic } from '../../diagnostic.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** Options of sources that only Freshet has. */
const OWN: readonly string[] = ['scan.on_lost_position'];

/** RisingWave refuses a source with an option that its connector does not know. In a sink it ignores such options. */
export const SOURCE_OPTION: TargetRule = {
  code: 'R012',
  about: 'an option of a source that RisingWave does not have',
  source: 'RisingWave\'s src/connector/src/source/base.rs answers "Unknown fields in the WITH clause"',
  renderable: true,
  check({ statements }) {
    return statements.flatMap((s): Diagnostic[] =>
      s.kind === 'source' || s.kind === 'table'
        ? (s.options ?? [])
            .filter((o) => OWN.includes(o.key.value))
            .map((o) =>
              refused(
                'R012',
                `RisingWave does not know ${o.key.value}, and refuses a source with an unknown option`,
                'leave it out of the files for RisingWave',
                o.key.span,
              ),
            )
        : [],
    );
  },
};
