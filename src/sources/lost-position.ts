import type { LostPosition } from '../storage/manifest.ts';
import { SourceError } from './source.ts';

/** The user's decision about lost positions, from `scan.on_lost_position`. */
export type OnLostPosition = 'fail' | 'resume';

/**
 * The log that a source reads no longer holds the source's position, because retention has removed it or the log was
 * replaced. Reading on would silently skip or repeat records, so `open` and `poll` reject with this error.
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
  'the source is not read until you decide: to keep the views and go on without the missing records, set ' +
  "scan.on_lost_position = 'resume' in its WITH (...) and restart (a local topic whose files you restore first loses " +
  'none); to recompute the views from the records that are left, start from an empty state';

function missingIn(positions: readonly LostPosition[]): string {
  if (positions.some(({ missing }) => missing === undefined))
    return 'It is unknown how many records are missing';
  const missing = positions.reduce((sum, lost) => sum + lost.missing!, 0);
  return missing === 0
    ? 'The views contain every record that is left, and may contain records that are gone'
    : `${missing} ${missing === 1 ? 'record that the views lack is gone' : 'records that the views lack are gone'}`;
}
