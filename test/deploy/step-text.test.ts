import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/deploy/plan.ts';
import { StatementRefused } from '../../src/deploy/session.ts';
import { describeStep, stepFailure } from '../../src/deploy/step-text.ts';

const ENTRY = {
  pipeline: 'viewers',
  name: 'watch',
  hash: 'h',
  sqlHash: 's',
  kind: 'sink',
  createdAs: 'watch',
  state: 'creating',
  objectId: undefined,
} as const;
const CREATE: Step = {
  do: 'create',
  entry: ENTRY,
  sql: "CREATE SINK watch ... 'secret'",
  at: 'p.sql:9',
  isRetry: false,
};

describe('a refused step', () => {
  it.each([
    ['Sink error: a valid license key is set, but it is currently not effective', /--sinks kafka/],
    ['sink named watch already exists', /leaves it alone/],
    ['materialized view used by 2 other objects. \nDETAIL: view public.v depends on it', /Drop that first/],
    [
      'DynamoDB table t primary key ["a", "b"] must match RisingWave primary key ["a"]',
      /compare the primary_key/,
    ],
    ['failed to create sink: broker transport failure', /must reach the address/],
    ['connector dynamodb is not supported by FORMAT ... ENCODE ... syntax', /correct the cause/],
  ])('of %s says what to do', (reason, hint) => {
    const message = `Failed to run the query\n\nCaused by these errors (recent errors listed first):\n  1: Catalog error\n  2: ${reason}`;
    const failure = stepFailure(CREATE, new StatementRefused(CREATE.do, new Error(message)));
    expect(failure).toHaveProperty('hint', expect.stringMatching(hint));
    expect(failure).toHaveProperty(
      'message',
      `p.sql:9: cannot create sink watch: Catalog error: ${reason.replace(/\s*\n\s*/, ': ')}`,
    );
  });

  it('that leaves a sink dropped says that its items stand still; any other, that what served goes on', () => {
    const refused = new StatementRefused('CREATE SINK', new Error('no'));
    expect(stepFailure(CREATE, refused)).toHaveProperty('hint', expect.stringContaining('stands still'));
    const trial: Step = { do: 'try', entry: ENTRY, sql: '', at: 'p.sql:9' };
    expect(stepFailure(trial, refused)).toHaveProperty(
      'hint',
      expect.stringContaining('what served before goes on'),
    );
  });

  it('is described without its SQL', () => {
    expect(describeStep(CREATE)).toBe('create sink watch');
    expect(new StatementRefused("INSERT INTO t VALUES ('secret')", new Error('no')).message).toBe(
      'RisingWave refuses INSERT INTO t VALUES ...: no',
    );
  });
});
