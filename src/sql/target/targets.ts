import { RISINGWAVE } from './risingwave/target.ts';
import type { Target } from './target.ts';

/** Targets by their names. */
export const TARGETS: ReadonlyMap<string, Target> = new Map(
  [RISINGWAVE].map((target) => [target.name, target]),
);
