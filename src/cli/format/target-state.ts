import type { StateTables } from '../../sql/target/target.ts';

/** Renders what a target keeps for a view: a line for each kind of table. */
export function renderTargetState(view: string, tables: readonly StateTables[]): readonly string[] {
  const width = Math.max(...tables.map(({ operator }) => operator.length));
  const lines = tables.map(({ operator, per, bytes, count }) => {
    const times = count === 1 ? '' : `${count} times `;
    return `  ${operator.padEnd(width)}  ${times}${bytes} bytes per ${per}`;
  });
  return [view, ...lines, ''];
}
