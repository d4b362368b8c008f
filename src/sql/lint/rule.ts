import type { Declarations } from '../../connectors/declaration.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { Diagnostic } from '../diagnostic.ts';

/** Finds SQL that runs and computes something other than it seems to. Findings are warnings; F003's are errors. */
export interface LintRule {
  readonly code: string;
  /** What it finds, in one line. */
  readonly about: string;
  /** What to do about a finding, in one line. */
  readonly fix: string;
  check(pipeline: Pipeline, declarations: Declarations): readonly Diagnostic[];
}
