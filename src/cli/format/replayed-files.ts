import type { EvaluationError } from '../../engine/contract.ts';
import type { ReplayInputReport, ReplayProblem } from '../../runtime/replay-input.ts';
import { countOf } from './count.ts';

/** Describes a record that was refused, or a field of it that was read as NULL. */
export function describeProblem({ source, file, offset, message, refused }: ReplayProblem): string {
  return `${refused ? 'refused' : 'warning'}: ${source}: ${file} at byte ${offset}: ${message}`;
}

/** Returns a line for each kind of problem with the records of files, and with the expressions over them. */
export function replayWarnings(
  inputs: readonly ReplayInputReport[],
  errors: readonly EvaluationError[],
): readonly string[] {
  return [...inputs.flatMap(describeInput), ...errors.map(describeEvaluationError)];
}

function describeInput({ source, refused, nulled, untimed }: ReplayInputReport): string[] {
  const lines: string[] = [];
  if (refused > 0) lines.push(`${source}: ${countOf(refused, 'record')} refused`);
  if (nulled > 0) lines.push(`${source}: ${countOf(nulled, 'field')} could not be read and became NULL`);
  if (untimed > 0)
    lines.push(`${source}: ${countOf(untimed, 'row')} without an event time, fed before all other rows`);
  return lines;
}

function describeEvaluationError({ view, message, count }: EvaluationError): string {
  return `${view}: ${message}; NULL in ${countOf(count, 'place')}`;
}
