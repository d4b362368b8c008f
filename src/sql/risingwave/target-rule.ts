import type { Pipeline } from '../../plan/pipeline.ts';
import type { Span } from '../../plan/expr.ts';
import type { Statement } from '../ddl/statement.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Query } from './query.ts';

/** What a rule looks at: the statements as written, and what of them was bound. */
export interface TargetInput {
  readonly statements: readonly Statement[];
  /** Every query of the pipeline that could be parsed. */
  readonly queries: readonly Query[];
  readonly pipeline: Pipeline;
}

/** Something that runs here and that RisingWave refuses. Findings are errors: the statement would fail there. */
export interface TargetRule {
  readonly code: string;
  /** What it finds, in one line, for the documentation. */
  readonly about: string;
  /** Where it is known from: a statement that was run, or a file of RisingWave's repository. */
  readonly source: string;
  check(input: TargetInput): readonly Diagnostic[];
}

/** A finding of a rule. */
export function refused(code: string, message: string, hint: string, span: Span): Diagnostic {
  return { severity: 'error', code, message, hint, span };
}
