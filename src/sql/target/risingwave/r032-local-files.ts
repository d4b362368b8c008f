import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave's nodes read local files of their own, and newer versions only on request. */
export const LOCAL_FILES: TargetRule = {
  code: 'R032',
  about:
    'a source of local files, which newer versions of RisingWave read only if their configuration allows it',
  source:
    "RisingWave's src/frontend/src/handler/util.rs answers \"local filesystem connector 'posix_fs' is disabled\"",
  renderable: false,
  check: ({ statements }) =>
    statements.flatMap((s) =>
      s.kind === 'source' || s.kind === 'table'
        ? (s.options ?? [])
            .filter(({ key, value }) => key.value === 'connector' && value.toLowerCase() === 'posix_fs')
            .map(({ span }) =>
              differs(
                'R032',
                'RisingWave reads local files only with frontend.unsafe_enable_local_fs_connector = true, and from the disk of its own nodes',
                'set it in risingwave.toml, or read a topic; if it is meant, write -- freshet:allow R032',
                span,
              ),
            )
        : [],
    ),
};
