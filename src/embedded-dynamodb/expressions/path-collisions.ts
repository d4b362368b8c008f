import type { ExpressionReader } from './expression-reader.ts';
import { collision, pathText, type Path } from './path.ts';

const REASONS = {
  overlap: 'Two document paths overlap with each other;',
  conflict: 'Two document paths conflict with each other;',
};

/** Throws ValidationException if a path equals or contains another, or uses as a map what another uses as a list. */
export function checkCollisions(reader: ExpressionReader, paths: readonly Path[]): void {
  for (const [i, a] of paths.entries()) {
    for (const b of paths.slice(i + 1)) {
      const found = collision(a, b);
      if (found !== undefined) {
        throw reader.error(
          `${REASONS[found]} must remove or rewrite one of these paths; path one: ${pathText(a)}, path two: ${pathText(b)}`,
        );
      }
    }
  }
}
