import type { ExplainedOperator } from '../../engine/explain.ts';

/** What a view holds in memory, a line per stateful operator and bound; empty if it holds nothing of its own. */
export function renderState(operators: readonly ExplainedOperator[]): string[] {
  const lines = operators.flatMap(({ holds, bounds }) => [
    `    ${holds}`,
    ...bounds.map(({ per, bytes }) => `      ${Math.round(bytes).toLocaleString('en')} bytes per ${per}`),
  ]);
  return lines.length === 0 ? [] : ['  holds', ...lines];
}
