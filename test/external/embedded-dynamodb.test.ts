import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersFile, recordedAnswers } from '../embedded-dynamodb/support/answers.ts';
import { run, type Answer } from '../embedded-dynamodb/support/call.ts';
import { SCRIPTS } from '../embedded-dynamodb/support/scripts.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';

let amazons: Awaited<ReturnType<typeof startDynamoDbLocal>>;
beforeAll(async () => {
  amazons = await startDynamoDbLocal();
});
afterAll(() => amazons.close());

describe('what the embedded DynamoDB is measured by', () => {
  const seen = new Map<string, readonly Answer[]>();

  it.each(Object.entries(SCRIPTS))('DynamoDB Local answers as recorded: %s', async (name, script) => {
    seen.set(name, await run(amazons.endpoint, script));
    expect(seen.get(name)).toEqual(recordedAnswers().get(name));
  });

  // `npm run test:external -- -u embedded-dynamodb` records anew after a script has changed.
  it('is all that is recorded', async () => {
    await expect(answersFile(seen)).toMatchFileSnapshot('../embedded-dynamodb/dynamodb-local.answers.snap');
  });
});
