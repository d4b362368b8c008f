import type { Pipeline } from '../../plan/pipeline.ts';
import type { Statement } from '../ddl/statement.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { queriesOf, treesOf } from './query.ts';
import type { TargetRule } from './target-rule.ts';

/** Returns the findings of a target's rules, each once. */
export function targetFindings(
  rules: readonly TargetRule[],
  statements: readonly Statement[],
  pipeline: Pipeline,
): readonly Diagnostic[] {
  const queries = queriesOf(statements);
  const input = { statements, pipeline, queries, trees: treesOf(statements, queries) };
  const found = rules.flatMap((rule) => rule.check(input));
  // A plain view is part of every plan that reads it, and a clock of BETWEEN is compared twice.
  return [...new Map(found.map((d) => [keyOf(d), d])).values()];
}

function keyOf({ code, message, span }: Diagnostic): string {
  return `${code} ${span.file} ${span.start} ${span.end} ${message}`;
}
