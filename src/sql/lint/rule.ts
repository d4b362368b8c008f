import type { Declarations } from '../../connectors/declaration.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { Diagnostic } from '../diagnostic.ts';

/** A check for pipelines that run but say something other than they seem to. Findings are warnings; F003's are errors. */
export interface LintRule {
  readonly code: string;
  /** What it finds, in one line, for the documentation. */
  readonly about: string;
  /** What to do about a finding, in general. */
  readonly fix: string;
  check(pipeline: Pipeline, declarations: Declarations): readonly Diagnostic[];
}
