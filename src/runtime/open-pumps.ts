import type { Kernel } from '../engine/contract.ts';
import type { Clock } from '../platform/clock.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from './log.ts';
import type { ErrorReporter } from './error-reporter.ts';
import type { RecoveredState } from './recover-state.ts';
import type { RunnerSource } from './runner-options.ts';
import { SourcePositions } from './source-positions.ts';
import { SourcePump } from './source-pump.ts';
import type { Wakeup } from './wakeup.ts';

/** Returns a pump for each source, at its recovered positions. The caller starts the pumps. */
export function openPumps(
  sources: readonly RunnerSource[],
  recovered: Pick<RecoveredState, 'positions' | 'memos' | 'lost'>,
  options: {
    readonly kernel: Kernel;
    readonly maxRecords: number;
    readonly clock: Clock;
    readonly wakeup: Wakeup;
    readonly problems: ErrorReporter;
    readonly log: Log;
  },
): SourcePump[] {
  const { kernel, maxRecords, clock, wakeup, problems, log } = options;
  return sources.map(({ def, reader, onLostPosition, createDecoder }) => {
    return new SourcePump({
      name: def.name,
      reader,
      decoder: createDecoder(kernel),
      kernel,
      positions: new SourcePositions({
        positions: recovered.positions.get(def.name) ?? new Map(),
        memo: recovered.memos.get(def.name),
        lost: recovered.lost.get(def.name),
        onLost: onLostPosition,
      }),
      maxRecords,
      clock,
      events: {
        wake: () => wakeup.notify(),
        problem: (...problem) => problems.sourceProblem(...problem),
        failed: (...failure) => problems.sourceFailed(...failure),
        untold: (source, error) =>
          log.warn({ source, error: messageOf(error) }, 'a source was not notified of a checkpoint'),
        lost: (...loss) => problems.sourceLost(...loss),
        recovered: (source) => log.info({ source }, 'the source is being read again'),
      },
    });
  });
}
