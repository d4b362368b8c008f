import type { Diagnostic } from '../diagnostic.ts';

/** What a definition of a pipeline is on the target. */
export type RenderedKind = 'source' | 'table' | 'view' | 'materialized view' | 'sink';

/** One statement of a rendered pipeline. */
export interface RenderedStatement {
  readonly kind: RenderedKind;
  /** The name as the target's catalog keeps it. */
  readonly name: string;
  /** With its comments, without the closing semicolon; `${NAME}` has been filled in for deploy. */
  readonly sql: string;
  /** Names of the definitions that it reads directly. */
  readonly reads: readonly string[];
  /** The file and line at which the original stands. */
  readonly file: string;
  readonly line: number;
}

/** A pipeline in the SQL of a target, in an order in which its statements can be applied. */
export interface RenderedPipeline {
  readonly name: string;
  readonly statements: readonly RenderedStatement[];
}

/** A rendered statement, with `${NAME}` as the user wrote it. */
export interface RenderedPart {
  readonly kind: RenderedKind;
  readonly name: string;
  readonly sql: string;
  /** Names of the definitions that it reads directly. */
  readonly reads: readonly string[];
  /** The place of the original: an offset in UTF-16 units into the file's text. */
  readonly file: string;
  readonly start: number;
}

/** A pipeline as files of SQL for a target, or why it cannot be. */
export interface Rendering {
  /** File name to text, in the order in which the files are applied. */
  readonly files: ReadonlyMap<string, string>;
  /** The statements of all files, in their order. */
  readonly statements: readonly RenderedPart[];
  /** Why statements cannot be rendered. With an error among them, `files` and `statements` must not be used. */
  readonly diagnostics: readonly Diagnostic[];
  /** Returns where an offset into a rendered file comes from, as an offset into the original. */
  originOf(file: string, offset: number): number;
}
