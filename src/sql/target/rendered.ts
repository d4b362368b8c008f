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
