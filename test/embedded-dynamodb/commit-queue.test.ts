import { expect, it } from 'vitest';
import { CommitQueue } from '../../src/embedded-dynamodb/commit-queue.ts';

it('a write accepted just as the last append ends is written to disk', async () => {
  const isEnded: boolean[] = [];
  for (let turns = 0; turns < 12; turns++) {
    const queue = new CommitQueue({
      append: async () => {},
      apply: () => {},
      undo: () => {},
      between: async () => {},
    });
    let isDone = false;
    const commitTwice = async (): Promise<void> => {
      await queue.commit([]);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await queue.commit([]);
      isDone = true;
    };
    void commitTwice();
    await new Promise((resolve) => setImmediate(resolve));
    isEnded.push(isDone);
  }
  expect(isEnded).toEqual(Array.from({ length: 12 }, () => true));
});
