import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** Freshet starts all views of a source at one position; RisingWave creates them one after the other. */
export const LATEST_IN_RISINGWAVE: TargetRule = {
  code: 'R026',
  about: "a source with scan.startup.mode = 'latest', which RisingWave resolves when the source is created",
  source: "RisingWave's e2e_test/source_inline/kafka/shared_source_latest.slt.serial",
  renderable: false,
  check: ({ statements }) =>
    statements.flatMap((s) =>
      s.kind === 'source' || s.kind === 'table'
        ? (s.options ?? [])
            .filter(
              ({ key, value }) => key.value.endsWith('scan.startup.mode') && value.toLowerCase() === 'latest',
            )
            .map(({ span }) =>
              differs(
                'R026',
                "RisingWave takes 'latest' when the source is created; a view created later begins there, too, " +
                  'while Freshet takes it at its first start',
                "use 'earliest' or scan.startup.timestamp.millis; if it is meant, write -- freshet:allow R026",
                span,
              ),
            )
        : [],
    ),
};
