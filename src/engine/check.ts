import { ContinuousClockError } from '../plan/continuous-clock-error.ts';
import type { Span } from '../plan/expr.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { createEngine } from './engine.ts';

/**
 * What keeps a bound pipeline from running, or makes it run otherwise than it says; in the words of a
 * diagnostic.
 */
export interface EngineProblem {
  readonly severity: 'error' | 'warning';
  /** SQLSTATE 0A000 for what is not supported, an F code for warnings. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly span: Span;
}

/**
 * Builds the kernel of a pipeline without running it, and says what binds but does not run here. Expressions
 * that change with every tick of the clock show only now, when filters and projections have been folded
 * together.
 */
export function engineProblems(pipeline: Pipeline): EngineProblem[] {
  const problems: EngineProblem[] = [];
  for (const source of pipeline.sources) {
    if (source.format !== 'plain') {
      problems.push({
        severity: 'error',
        code: '0A000',
        message: `FORMAT ${source.format.toUpperCase()} does not run here yet`,
        hint: 'use FORMAT PLAIN; for events that may come twice, a TABLE with a PRIMARY KEY and ON CONFLICT DO NOTHING',
        span: source.span,
      });
    }
    if (source.watermark !== undefined) {
      problems.push({
        severity: 'warning',
        code: 'F008',
        message: `the watermark of ${source.name} drops nothing yet: late events are counted, however late`,
        hint: 'RisingWave drops events behind it, so results differ by those; `replay` uses it as the event time',
        span: source.columns[source.watermark.column]?.span ?? source.span,
      });
    }
  }
  for (const view of pipeline.views) {
    if (!view.emitOnWindowClose) continue;
    problems.push({
      severity: 'error',
      code: '0A000',
      message: `EMIT ON WINDOW CLOSE does not run here yet (view ${view.name})`,
      hint: 'leave it out: the view then has a row per window at once and corrects it as events come',
      span: view.span,
    });
  }
  try {
    createEngine(pipeline, { now_us: 0, observe: [] });
  } catch (error) {
    if (!(error instanceof ContinuousClockError)) throw error;
    const fallback = pipeline.views[0]?.span ?? { file: '', start: 0, end: 0 };
    const { message, hint } = error;
    problems.push({ severity: 'error', code: '0A000', message, hint, span: error.span ?? fallback });
  }
  return problems;
}
