import type { Pipeline } from '../../plan/pipeline.ts';
import type { Statement } from '../ddl/statement.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { queriesOf } from './query.ts';
import type { TargetRule } from './target-rule.ts';

/** Returns the findings of a target's rules. */
export function targetFindings(
  rules: readonly TargetRule[],
  statements: readonly Statement[],
  pipeline: Pipeline,
): readonly Diagnostic[] {
  const input = { statements, pipeline, queries: queriesOf(statements) };
  return rules.flatMap((rule) => rule.check(input));
}
