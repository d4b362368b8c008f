import { ContinuousClockError } from '../plan/clock-rules.ts';
import type { Span } from '../plan/expr.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { createEngine } from './engine.ts';

/** What keeps a bound pipeline from running, in the words of a diagnostic. */
export interface EngineProblem {
  readonly message: string;
  readonly hint: string;
  readonly span: Span | undefined;
}

/**
 * Builds the kernel of a pipeline without running it, and says what it cannot keep: so far only expressions that change
 * with every tick of the clock, which shows when filters and projections have been folded together.
 */
export function engineProblem(pipeline: Pipeline): EngineProblem | undefined {
  try {
    createEngine(pipeline, { now_us: 0, observe: [] });
    return undefined;
  } catch (error) {
    if (!(error instanceof ContinuousClockError)) throw error;
    return { message: error.message, hint: error.hint, span: error.span };
  }
}
