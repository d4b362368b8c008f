import { layoutOf } from '../column.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { Groups } from './groups.ts';

/** Marks the texts that a GROUP BY holds in its slots below `count`. Called right after a barrier. */
export function markGroupTexts(groups: Groups, count: number, marks: TextMarks): void {
  const { shape, orderedResults, distinct, ordered } = groups;
  shape.keys.forEach(({ type }, k) => {
    if (layoutOf(type) === 'str') markKey(groups, k, count, marks);
  });
  marks.columns(orderedResults, count);
  const sets = shape.calls.filter((plan) => plan.distinct !== undefined);
  sets.forEach(({ call }, i) => {
    if (layoutOf(call.args[0]!.type) === 'str') distinct[i]!.markTexts(marks);
  });
  for (const aggregate of ordered) aggregate.markTexts(marks);
}

/** Marks key `k` of each live group unless it is NULL. */
function markKey(
  { shape, keyWords: words, accumulators }: Groups,
  k: number,
  count: number,
  marks: TextMarks,
): void {
  const { keyWords, layout } = shape;
  const at = keyWords.starts[k]!;
  const mask = keyWords.mask < 0 ? undefined : keyWords.mask + (k >> 5);
  for (let slot = 0, base = 0; slot < count; slot++, base += layout.size * 2) {
    if (accumulators[slot * layout.size + layout.accumulators]! <= 0) continue;
    const isNull = mask !== undefined && ((words[base + mask]! >> (k & 31)) & 1) === 1;
    if (!isNull) marks.mark(words[base + at]!);
  }
}
