import type { CheckedPipeline } from '../bind-files.ts';
import type { PipelineFile } from '../parse-file.ts';
import type { RenderOptions } from './render-options.ts';
import type { Rendering } from './rendered.ts';
import type { TargetRule } from './target-rule.ts';

/** Writes a pipeline without errors in the SQL of a target. `bind` binds its files again after they changed. */
export type Render = (
  checked: CheckedPipeline,
  bind: (files: readonly PipelineFile[]) => CheckedPipeline,
  options: RenderOptions,
) => Rendering;

/** A system that runs a pipeline in place of this engine: a folder beside this file, and a line in `targets.ts`. */
export interface Target {
  /** As `freshet check --target` takes it. */
  readonly name: string;
  /** What it refuses of the SQL that runs here. Loaded when it is asked for. */
  rules(): Promise<readonly TargetRule[]>;
  /** The versions that SQL can be rendered for, the oldest first. */
  readonly versions: readonly string[];
  /** Loaded when it is asked for. */
  render(): Promise<Render>;
}
