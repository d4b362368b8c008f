import { describe, expect, test } from 'vitest';
import { lostInTopic, lostPositions, matchTopics } from '../../src/sources/kafka/lost-positions.ts';

/** One partition, 0, that holds the offsets 5 to 9. */
const bounds = { low: new Map([[0, 5]]), high: new Map([[0, 10]]) };

describe('a position in a topic', () => {
  test.each([5, 7, 10])('%i, at an existing record or the next one, is not lost', (position) => {
    expect(lostPositions(new Map([[0, position]]), bounds, 'same')).toEqual([]);
    expect(lostPositions(new Map([[0, position]]), bounds, 'unknown')).toEqual([]);
  });

  test.each([
    ['in another topic', 7, 'other', 5, undefined],
    ['before its oldest record', 3, 'same', 5, 2],
    ['before its oldest record, ids unknown', 3, 'unknown', 5, 2],
    ['beyond its end: its records were counted', 12, 'same', 10, undefined],
    ['beyond its end, ids unknown: it may be another topic', 12, 'unknown', 5, undefined],
  ] as const)('%s', (_, position, match, resume, missing) => {
    const lost = lostPositions(new Map([[0, position]]), bounds, match);
    expect(lost).toEqual([{ split: '0', offset: String(position), resume: String(resume), missing }]);
  });

  test('in a partition that does not exist', () => {
    const lost = lostPositions(new Map([[1, 7]]), bounds, 'same');
    expect(lost).toEqual([{ split: '1', offset: '7', resume: undefined, missing: undefined }]);
  });
});

test('topics are compared only if both ids are known', () => {
  expect(matchTopics('a', 'a')).toBe('same');
  expect(matchTopics('a', 'b')).toBe('other');
  expect(matchTopics(undefined, 'b')).toBe('unknown');
  expect(matchTopics('a', undefined)).toBe('unknown');
});

test('the error of a truncated partition names the offset of the truncation', () => {
  const lost = lostPositions(new Map([[0, 12]]), bounds, 'same');
  expect(lostInTopic({ source: 's', topic: 't' }, lost, 'same').message).toBe(
    'position 12 is beyond the end of partition 0 of topic "t", which was truncated at offset 10 or before. ' +
      'It is unknown how many records are missing',
  );
});
