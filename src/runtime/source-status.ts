import type { SourcePump } from './source-pump.ts';
import type { SourceStatus } from './status.ts';

/** Returns the status of a source; `rows` is the number of rows it has inserted since the start. */
export function sourceStatus(pump: SourcePump, rows: number): SourceStatus {
  return {
    name: pump.name,
    state: pump.state,
    error: pump.error,
    failing_since_us: pump.failingSince_us === Infinity ? undefined : pump.failingSince_us,
    rows,
    positions: Object.fromEntries(pump.positions),
    lag: pump.lag(),
    problems: pump.problems,
    caught_up: pump.caughtUp,
  };
}
