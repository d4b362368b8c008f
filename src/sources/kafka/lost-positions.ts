import { LostPositionError } from '../lost-position.ts';
import type { LostPosition } from '../../storage/manifest.ts';
import type { NumberedPositions } from '../numbered-positions.ts';
import type { KafkaSourceConfig } from './config.ts';

/** Whether a topic is the one that positions are of; `unknown`: the broker, or who stored them, knew of no topic ids. */
export type TopicMatch = 'same' | 'other' | 'unknown';

/** `stored` is the id of the topic that the positions are of, `id` that of the topic of this name now. */
export function matchTopics(stored: string | undefined, id: string | undefined): TopicMatch {
  if (stored === undefined || id === undefined) return 'unknown';
  return stored === id ? 'same' : 'other';
}

/**
 * Which positions a topic does not hold: `low` and `high` are, by partition, its oldest offset and its end. In another
 * topic it is all of them. The same one that ends before a position was cut (an election that was not clean, older
 * disks): what it holds was counted, but for what came after the cut.
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

/** What an operator is told of them; there is at least one. */
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
      return `topic "${topic}" was deleted and created again; our position ${position} in ${where} is of the one before`;
    if (resume === undefined) return `position ${position} is gone: there is no ${where} any more`;
    if (missing === undefined)
      return match === 'same'
        ? `position ${position} is beyond the end of ${where}, which was cut at ${resume} or before`
        : `position ${position} is beyond the end of ${where}, which was cut or replaced`;
    return `position ${position} is gone: the oldest record in ${where} is ${resume}`;
  }
}
