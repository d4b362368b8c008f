import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersFile, recordedAnswers } from '../embedded-dynamodb/support/answers.ts';
import { run, type Answer } from '../embedded-dynamodb/support/call.ts';
import { randomScript } from '../embedded-dynamodb/support/random-script.ts';
import { SCRIPTS } from '../embedded-dynamodb/support/scripts.ts';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';

const RUNS = Number(process.env['FRESHET_RANDOM_RUNS'] ?? 150);

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

it('DynamoDB Local and the embedded DynamoDB answer random calls alike', async () => {
  const ours = await startLocalDynamoDb();
  try {
    await fc.assert(
      fc.asyncProperty(randomScript, async (script) => {
        const [theirs, own] = [await run(amazons.endpoint, script), await run(ours.endpoint, script)];
        for (const [i, made] of script.entries()) expect([made, own[i]]).toEqual([made, theirs[i]]);
      }),
      { numRuns: RUNS, seed: 20260315, endOnFailure: false },
    );
  } finally {
    await ours.close();
  }
}, 300_000);
