import type { ExplainedOperator } from '../../engine/explain.ts';

/** Renders what a view holds in memory, a line per stateful operator and bound; empty for a view without state. */
export function renderState(operators: readonly ExplainedOperator[]): string[] {
  const lines = operators.flatMap(({ holds, bounds }) => [
    `    ${holds}`,
    ...bounds.map(({ per, bytes }) => `      ${Math.round(bytes).toLocaleString('en')} bytes per ${per}`),
  ]);
  return lines.length === 0 ? [] : ['  holds', ...lines];
}
