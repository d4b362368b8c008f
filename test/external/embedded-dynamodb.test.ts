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

describe('the recorded answers that the embedded DynamoDB is compared with', () => {
  const seen = new Map<string, readonly Answer[]>();

  it.each(Object.entries(SCRIPTS))('are those of DynamoDB Local: %s', async (name, script) => {
    seen.set(name, await run(amazons.endpoint, script));
    expect(seen.get(name)).toEqual(recordedAnswers().get(name));
  });

  // After a change to a script, `npm run test:external -- -u embedded-dynamodb` records the answers again.
  it('have no answers of scripts that no longer exist', async () => {
    await expect(answersFile(seen)).toMatchFileSnapshot('../embedded-dynamodb/dynamodb-local.answers.snap');
  });
});

it('the embedded DynamoDB answers random calls as DynamoDB Local does', async () => {
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
