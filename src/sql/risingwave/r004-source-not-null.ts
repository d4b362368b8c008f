import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

/** A source stores nothing that a constraint could be checked on. */
export const SOURCE_NOT_NULL: TargetRule = {
  code: 'R004',
  about: 'NOT NULL in CREATE SOURCE',
  source:
    'e2e_test/ddl/not_null.slt of its repository: "NOT NULL constraint is not supported in source schema"',
  check({ statements }) {
    return statements.flatMap((s) =>
      s.kind === 'source'
        ? s.columns
            .filter((c) => c.notNull)
            .map((c) =>
              refused(
                'R004',
                `RisingWave takes no NOT NULL in CREATE SOURCE (column "${c.name.value}")`,
                'leave it out and filter where it is read, or make it a TABLE',
                c.name.span,
              ),
            )
        : [],
    );
  },
};
