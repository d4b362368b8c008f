import type { Diagnostic } from '../../diagnostic.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';

/** Connectors of sinks that RisingWave has under another name, or not at all, with the way to write them there. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  [
    'posix_fs',
    "its sink of local files is connector = 'fs' with fs.path = '...', type = 'append-only' and FORMAT PLAIN ENCODE JSON",
  ],
]);

/** RisingWave refuses a sink whose connector it does not know. */
export const SINK_CONNECTOR: TargetRule = {
  code: 'R013',
  about: 'a connector of a sink that RisingWave does not have',
  source: 'RisingWave\'s src/connector/src/sink/mod.rs answers "unsupported sink connector posix_fs"',
  renderable: true,
  check({ statements }) {
    return statements.flatMap((s): Diagnostic[] => {
      const option = s.kind === 'sink' ? s.options.find((o) => o.key.value === 'connector') : undefined;
      const hint = OTHERS.get(option?.value.toLowerCase() ?? '');
      if (option === undefined || hint === undefined) return [];
      const message = `RisingWave has no connector '${option.value.toLowerCase()}' of a sink`;
      return [refused('R013', message, `${hint}; ${RENDERED}`, option.span)];
    });
  },
};
