import { type LostPosition, LostPositionError } from '../lost-position.ts';
import type { Positions } from '../source.ts';
import type { KafkaSourceConfig } from './config.ts';

/**
 * Which positions a topic does not hold: `low` and `high` are, by partition, its oldest offset and its end. `isOther`: the
 * topic was created after the positions were taken, so none of them is of it.
 */
export function lostPositions(
  positions: Positions,
  { low, high }: { readonly low: Positions; readonly high: Positions },
  isOther: boolean,
): readonly LostPosition[] {
  const lost: LostPosition[] = [];
  for (const [partition, position] of positions) {
    const [first, end] = [low.get(partition), high.get(partition)];
    if (isOther) lost.push({ partition, position, resume: first ?? 0, missing: undefined });
    else if (first === undefined || end === undefined)
      lost.push({ partition, position, resume: undefined, missing: undefined });
    else if (position < first) lost.push({ partition, position, resume: first, missing: first - position });
    else if (position > end) lost.push({ partition, position, resume: first, missing: undefined });
  }
  return lost;
}

/** What an operator is told of them; there is at least one. */
export function lostInTopic(
  { source, topic }: Pick<KafkaSourceConfig, 'source' | 'topic'>,
  lost: readonly LostPosition[],
  isOther: boolean,
): LostPositionError {
  const { partition, position, resume, missing } = lost[0]!;
  const others = lost.length === 1 ? '' : ` (and ${lost.length - 1} more)`;
  const where = `partition ${partition}${others} of topic "${topic}"`;
  return new LostPositionError(source, whyLost(), lost);

  function whyLost(): string {
    if (isOther)
      return `topic "${topic}" was deleted and created again; our position ${position} in ${where} is of the one before`;
    if (resume === undefined) return `position ${position} is gone: there is no ${where} any more`;
    if (missing === undefined)
      return `position ${position} lies behind the end of ${where}, which was cut or replaced`;
    return `position ${position} is gone: the oldest record in ${where} is ${resume}`;
  }
}
