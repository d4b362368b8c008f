import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalDynamoDb, type LocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { expectedAnswers, recordedAnswers } from './support/answers.ts';
import { run } from './support/call.ts';
import { SCRIPTS } from './support/scripts.ts';

let local: LocalDynamoDb;
beforeAll(async () => {
  local = await startLocalDynamoDb();
});
afterAll(() => local.close());

describe('the embedded DynamoDB answers like DynamoDB Local', () => {
  const recorded = recordedAnswers();

  it.each(Object.entries(SCRIPTS))('%s', async (name, script) => {
    const answers = await run(local.endpoint, script);
    const expected = expectedAnswers(script, recorded.get(name));
    const differing = script.flatMap(({ operation, body }, i) =>
      isDeepStrictEqual(answers[i], expected[i])
        ? []
        : [{ operation, body, answer: answers[i], expected: expected[i] }],
    );
    expect(differing).toEqual([]);
  });
});
