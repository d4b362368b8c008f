import { LostPositionError } from '../lost-position.ts';
import type { LostPosition } from '../../storage/manifest.ts';
import type { NumberedPositions } from '../numbered-positions.ts';
import type { KafkaSourceConfig } from './config.ts';

/**
 * Whether a topic is the one that stored positions belong to. `unknown` if the broker has no topic ids now, or had none
 * when the positions were stored.
 */
export type TopicMatch = 'same' | 'other' | 'unknown';

/** Compares the topic id stored with the positions to the `id` that the topic of this name has now. */
export function matchTopics(stored: string | undefined, id: string | undefined): TopicMatch {
  if (stored === undefined || id === undefined) return 'unknown';
  return stored === id ? 'same' : 'other';
}

/**
 * Returns the positions that a topic does not hold. `low` and `high` give, by partition, its oldest offset and its end
 * offset. If the topic is another one, every position is lost.
 *
 * If the topic is the same and ends before a position, it was truncated (by an unclean leader election or restored
 * disks). The views have counted the records that it still holds, except those appended after the truncation, so
 * reading resumes at its end.
 */
export function lostPositions(
  positions: NumberedPositions,
  { low, high }: { readonly low: NumberedPositions; readonly high: NumberedPositions },
  topic: TopicMatch,
): readonly LostPosition[] {
  const lost: LostPosition[] = [];
  for (const [partition, position] of positions) {
    const lose = (resume: number | undefined, missing?: number): void => {
      const text = resume === undefined ? undefined : String(resume);
      lost.push({ split: String(partition), offset: String(position), resume: text, missing });
    };
    const [first, end] = [low.get(partition), high.get(partition)];
    if (topic === 'other') lose(first ?? 0);
    else if (first === undefined || end === undefined) lose(undefined);
    else if (position < first) lose(first, first - position);
    else if (position > end) lose(topic === 'same' ? end : first);
  }
  return lost;
}

/** Returns the error that reports lost positions to an operator. `lost` is not empty. */
export function lostInTopic(
  { source, topic }: Pick<KafkaSourceConfig, 'source' | 'topic'>,
  lost: readonly LostPosition[],
  match: TopicMatch,
): LostPositionError {
  const { split: partition, offset: position, resume, missing } = lost[0]!;
  const others = lost.length === 1 ? '' : ` (and ${lost.length - 1} more)`;
  const where = `partition ${partition}${others} of topic "${topic}"`;
  return new LostPositionError(source, whyLost(), lost);

  function whyLost(): string {
    if (match === 'other')
      return `topic "${topic}" was deleted and created again; position ${position} in ${where} is of the old topic`;
    if (resume === undefined) return `position ${position} is gone: ${where} no longer exists`;
    if (missing === undefined)
      return match === 'same'
        ? `position ${position} is beyond the end of ${where}, which was truncated at offset ${resume} or before`
        : `position ${position} is beyond the end of ${where}, which was truncated or replaced`;
    return `position ${position} is gone: the oldest record in ${where} has offset ${resume}`;
  }
}
