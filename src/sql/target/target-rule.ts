import type { Pipeline } from '../../plan/pipeline.ts';
import type { Span } from '../../plan/expr.ts';
import type { Statement } from '../ddl/statement.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Query, Tree } from './query.ts';

/** The input of a rule: the statements as written, and the pipeline bound from them. */
export interface TargetInput {
  readonly statements: readonly Statement[];
  /** Every query of the pipeline that could be parsed. */
  readonly queries: readonly Query[];
  /** The queries, and the expressions in CREATE SOURCE and CREATE TABLE. */
  readonly trees: readonly Tree[];
  readonly pipeline: Pipeline;
}

/** Finds something that Freshet runs, and another system refuses (errors) or answers differently (warnings). */
export interface TargetRule {
  readonly code: string;
  /** What it finds, in one line. */
  readonly about: string;
  /** The evidence: what RisingWave answered to a statement, or a file in its repository or documentation. */
  readonly source: string;
  /** Whether `freshet render` can go on over its findings: it rewrites what they refuse, or they are warnings only. */
  readonly renderable: boolean;
  check(input: TargetInput): readonly Diagnostic[];
}

/** Returns a finding: the statement would fail there. */
export function refused(code: string, message: string, hint: string, span: Span): Diagnostic {
  return { severity: 'error', code, message, hint, span };
}

/** Returns a finding: the statement runs there, and may give another answer. */
export function differs(code: string, message: string, hint: string, span: Span): Diagnostic {
  return { severity: 'warning', code, message, hint, span };
}
