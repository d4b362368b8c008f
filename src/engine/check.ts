import { ContinuousClockError } from '../plan/continuous-clock-error.ts';
import type { Span } from '../plan/expr.ts';
import { WITHOUT_EMIT } from '../plan/not-yet.ts';
import { partOf, scanned } from '../plan/part-of.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { createEngine } from './engine.ts';

/** A diagnostic for a bound pipeline: an error keeps it from running, a warning tells how its results will differ. */
export interface EngineProblem {
  readonly severity: 'error' | 'warning';
  /** SQLSTATE 0A000 for what is not supported, an F code for warnings. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly span: Span;
}

/**
 * Returns what keeps a bound pipeline from running in this engine. Builds the kernel without running it: expressions
 * that change with every tick of the clock are found only after filters and projections have been folded together.
 */
export function engineProblems(pipeline: Pipeline): EngineProblem[] {
  const problems: EngineProblem[] = [];
  for (const source of pipeline.sources) {
    if (source.watermark !== undefined) {
      problems.push({
        severity: 'warning',
        code: 'F008',
        message: `the watermark of ${source.name} drops nothing yet: late events are counted, however late`,
        hint:
          'RisingWave drops events older than its watermark, so its results lack them; `replay` takes event time ' +
          'from the watermark column',
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

/** Building stops at the first view that is refused, so each view is tried alone on top of those accepted before. */
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
    // An expression of a plain view is refused once for each materialized view that reads it.
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
