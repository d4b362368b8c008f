import type { Pipeline } from '../plan/pipeline.ts';
import { createEngine } from './engine.ts';
import type { StateBound } from './operators/stream.ts';

export interface ExplainedOperator {
  readonly view: string;
  /** Its state, described for a person. */
  readonly holds: string;
  readonly bounds: readonly StateBound[];
}

/**
 * Returns the operators that a pipeline would run, with what bounds the state of each. Throws ContinuousClockError as
 * `createEngine` does.
 */
export function explainEngine(pipeline: Pipeline): readonly ExplainedOperator[] {
  return createEngine(pipeline, { now_us: 0, observe: [] })
    .operators()
    .map(({ view, holds, bounds }) => ({ view, holds, bounds }));
}
