import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';

/** A source stores no rows, so RisingWave has nothing to check a constraint against. */
export const SOURCE_NOT_NULL: TargetRule = {
  code: 'R004',
  about: 'NOT NULL in CREATE SOURCE',
  source:
    'RisingWave\'s e2e_test/ddl/not_null.slt expects "NOT NULL constraint is not supported in source schema"',
  renderable: true,
  check({ statements }) {
    return statements.flatMap((s) =>
      s.kind === 'source'
        ? s.columns
            .filter((c) => c.notNull)
            .map((c) =>
              refused(
                'R004',
                `RisingWave does not allow NOT NULL in CREATE SOURCE (column "${c.name.value}")`,
                `leave it out and filter where the source is read, or make the source a TABLE; ${RENDERED}`,
                c.name.span,
              ),
            )
        : [],
    );
  },
};
