import type { CheckedPipeline } from '../bind-files.ts';
import type { Pipeline, ViewDef } from '../../plan/pipeline.ts';
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
  /** Estimates the state of a view whose SQL has been rendered. Loaded when it is asked for. */
  state(): Promise<(view: ViewDef, pipeline: Pipeline) => readonly StateTables[]>;
}

/** Tables of one kind in which the target keeps rows for a view. */
export interface StateTables {
  /** The operator, in the target's words. */
  readonly operator: string;
  /** What a row stands for, such as `viewer_id, genre` or `row of viewer_titles until it leaves`. */
  readonly per: string;
  /** An estimate of the bytes of a row, uncompressed. */
  readonly bytes: number;
  /** How many tables there are. */
  readonly count: number;
}
