import type { SourcePump } from './source-pump.ts';
import type { SourceStatus } from './status.ts';

/** A source as people and probes see it; `rows` it has given since the start. */
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
