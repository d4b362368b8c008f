import type { LostPosition } from '../storage/manifest.ts';
import { SourceError } from './source.ts';

/** What a person decided about lost positions, in `scan.on_lost_position`. */
export type OnLostPosition = 'fail' | 'resume';

/**
 * The log that a source reads does not hold the source's position any more: retention was faster, or the log is another
 * one than before. Reading on would miss or repeat records without a word, so `open` and `poll` reject with it.
 */
export class LostPositionError extends SourceError {
  readonly positions: readonly LostPosition[];
  constructor(source: string, what: string, positions: readonly LostPosition[]) {
    super(source, `${what}. ${missingIn(positions)}`, {
      code: 'position_lost',
      hint: LOST_POSITION_HINT,
    });
    this.positions = positions;
  }
}

export const LOST_POSITION_HINT =
  "the source waits for a decision: set scan.on_lost_position = 'resume' in its WITH (...) and start again, to keep the " +
  'views and go on without what is missing (a local topic may be put back before, then nothing is); or start from an ' +
  'empty state, to count anew what is there';

function missingIn(positions: readonly LostPosition[]): string {
  if (positions.some(({ missing }) => missing === undefined))
    return 'How many records are missing is not known';
  const missing = positions.reduce((sum, lost) => sum + lost.missing!, 0);
  return missing === 0
    ? 'The views have what is there, and may have more'
    : `${missing} ${missing === 1 ? 'record' : 'records'} that the views do not have can be read no more`;
}
