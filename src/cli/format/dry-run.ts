import type { DryRunReport } from '../../runtime/dry-run.ts';
import { grouped } from './count.ts';

const STATES: Readonly<Record<DryRunReport['state'], string>> = {
  fresh: 'There is no saved state: a run writes every row.',
  restored: 'The saved state was restored: a run writes what has changed since.',
  rebuilt: 'The views were rebuilt: a run writes every row.',
};

function counted(n: number, what: string): string {
  return `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;
}

/** Formats the report of a dry run as text. */
export function dryRunText({ state, reason, rows, sinks }: DryRunReport): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  const lines = [`dry run: nothing was written. ${counted(rows, 'row')} read. ${STATES[state]}${why}`];
  for (const { sink, problem, writes, deletes, gone } of sinks) {
    const deleted = deletes + (gone?.deleted ?? 0);
    const kept =
      gone === undefined || gone.kept === 0 ? '' : `, ${grouped(gone.kept)} to keep that have no row`;
    const found =
      gone === undefined ? '' : `; the destination holds ${grouped(gone.found)} items of this sink`;
    lines.push(`  ${sink}: ${counted(writes, 'row')} to write, ${grouped(deleted)} to delete${kept}${found}`);
    if (problem !== undefined) lines.push(`    ${problem}`);
  }
  return `${lines.join('\n')}\n`;
}
