import type { Pipeline } from '../plan/pipeline.ts';
import { createEngine } from './engine.ts';
import type { StateBound } from './operators/stream.ts';

export interface ExplainedOperator {
  readonly view: string;
  /** What it holds, in words. */
  readonly holds: string;
  readonly bounds: readonly StateBound[];
}

/**
 * The stateful operators of a pipeline as they would run, with what bounds their state. Throws
 * ContinuousClockError.
 */
export function explainEngine(pipeline: Pipeline): readonly ExplainedOperator[] {
  return createEngine(pipeline, { now_us: 0, observe: [] })
    .operators()
    .map(({ view, holds, bounds }) => ({ view, holds, bounds }));
}
