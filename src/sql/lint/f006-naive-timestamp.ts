import type { LintRule } from './rule.ts';

/** RisingWave reads a string with a zone into a TIMESTAMP column as NULL. */
export const NAIVE_TIMESTAMP: LintRule = {
  code: 'F006',
  about:
    'a TIMESTAMP column in a source: RisingWave reads strings such as 2026-03-15T12:00:00Z into it as NULL',
  fix: 'declare it TIMESTAMPTZ if the strings end in Z or an offset',
  check(pipeline) {
    return pipeline.sources.flatMap((source) =>
      source.columns
        .filter(
          (c) => c.type.kind === 'timestamp' && source.connector !== undefined && c.generated === undefined,
        )
        .map((c) => ({
          severity: 'warning' as const,
          code: 'F006',
          message: `RisingWave reads strings with a zone ("...Z") into the TIMESTAMP column "${c.name}" as NULL; here they are read as UTC`,
          hint: 'declare it TIMESTAMPTZ if they have a zone; if they never do, write -- freshet:allow F006',
          span: c.span,
        })),
    );
  },
};
