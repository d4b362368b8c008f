import type { TargetRule } from './target-rule.ts';

/** A system that runs a pipeline in place of this engine: a folder beside this file, and a line in `targets.ts`. */
export interface Target {
  /** As `freshet check --target` takes it. */
  readonly name: string;
  /** What it refuses of the SQL that runs here. Loaded when it is asked for. */
  rules(): Promise<readonly TargetRule[]>;
}
