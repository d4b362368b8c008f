import { ContinuousClockError } from '../plan/continuous-clock-error.ts';
import type { Span } from '../plan/expr.ts';
import { WITHOUT_CHANGES, WITHOUT_EMIT } from '../plan/not-yet.ts';
import { partOf, scanned } from '../plan/part-of.ts';
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
    // The binder wants a table with a key, and has told of others.
    if (source.format !== 'plain' && source.primaryKey.length > 0 && !source.appendOnly) {
      problems.push({
        severity: 'error',
        code: '0A000',
        message: `FORMAT ${source.format.toUpperCase()} does not run here yet`,
        hint: WITHOUT_CHANGES,
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
      hint: WITHOUT_EMIT,
      span: view.span,
    });
  }
  return [...problems, ...clockProblems(pipeline)];
}

/** Building stops at the first view that it refuses: each is then tried on top of those that were not. */
function clockProblems(pipeline: Pipeline): EngineProblem[] {
  if (refusal(pipeline) === undefined) return [];
  const problems: EngineProblem[] = [];
  const running = new Set(pipeline.sources.map((s) => s.name));
  for (const view of pipeline.views) {
    if (!scanned(view.plan).every((name) => running.has(name))) continue;
    const tried = partOf(pipeline, new Set([...running, view.name]));
    const refused = refusal(tried);
    if (refused === undefined) {
      running.add(view.name);
      continue;
    }
    const { message, hint, span = view.span } = refused;
    const isSame = (p: EngineProblem): boolean => p.span.file === span.file && p.span.start === span.start;
    // A plain view with a clock that flows is refused in each view that reads it.
    if (!problems.some(isSame)) problems.push({ severity: 'error', code: '0A000', message, hint, span });
  }
  return problems;
}

function refusal(pipeline: Pipeline): ContinuousClockError | undefined {
  try {
    createEngine(pipeline, { now_us: 0, observe: [] });
    return undefined;
  } catch (error) {
    if (error instanceof ContinuousClockError) return error;
    throw error;
  }
}
