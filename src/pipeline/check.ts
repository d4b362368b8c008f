import { engineProblems } from '../engine/check.ts';
import { sinkProblems } from '../sinks/check.ts';
import { sourceProblems } from '../sources/check.ts';
import type { CheckedPipeline } from '../sql/bind-files.ts';
import { sortDiagnostics } from '../sql/diagnostic.ts';
import { isAllowed } from '../sql/lint/lint.ts';
import { withDayBuckets } from './day-buckets.ts';

/**
 * Returns a bound pipeline with the problems that the engine, the sources and the sinks would report at the start added
 * to its diagnostics. An error among them makes `pipeline` undefined.
 */
export function checkPipeline(bound: CheckedPipeline): CheckedPipeline {
  const { files } = bound;
  const { pipeline: runnable, problems: unpacked, refused } = withDayBuckets(bound.runnable);
  // Without errors everything is runnable.
  const pipeline = bound.pipeline === undefined ? undefined : runnable;
  const found = [
    ...unpacked,
    ...engineProblems(runnable),
    ...sinkProblems({ ...runnable, sinks: runnable.sinks.filter((sink) => !refused.has(sink)) }),
    ...sourceProblems(runnable),
  ];
  const problems = found.filter((problem) => !isAllowed(problem, files));
  return {
    ...bound,
    runnable,
    pipeline: problems.some(({ severity }) => severity === 'error') ? undefined : pipeline,
    diagnostics: sortDiagnostics([...bound.diagnostics, ...problems], [...files.keys()]),
  };
}
