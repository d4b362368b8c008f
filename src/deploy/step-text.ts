import { FreshetError } from '../values/freshet-error.ts';
import type { Step } from './plan.ts';
import { StatementRefused } from './session.ts';

/** Returns what a step does, in a line without the secrets that its SQL may hold. */
export function describeStep(step: Step): string {
  const { kind, name } = step.entry;
  switch (step.do) {
    case 'create':
      return step.entry.createdAs === name
        ? `create ${kind} ${name}`
        : `create ${kind} ${step.entry.createdAs}, the new ${name}`;
    case 'finish':
      return `wait for ${kind} ${name}`;
    case 'try':
      return `try ${kind} ${name} beside the one that serves`;
    case 'drop':
      return `drop ${kind} ${step.name}`;
    case 'swap':
      return `swap ${kind} ${step.to} with ${step.name}`;
    case 'rename':
      return `rename ${kind} ${step.name} to ${step.to}`;
    case 'adopt':
      return `record ${kind} ${step.entry.createdAs}`;
    case 'forget':
      return `forget ${kind} ${step.entry.createdAs}, which is gone`;
  }
}

/** What to do about a refusal, by RisingWave's words. The first that matches counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /licen[cs]e/i,
    'the licence of RisingWave does not cover this on a cluster of this size: write to an upsert topic of Kafka ' +
      'instead (--sinks kafka), and run `freshet sink` behind it',
  ],
  [
    /already exists/i,
    'someone made it meanwhile; Freshet leaves it alone. Rename or drop it, then run the same command again',
  ],
  [
    /used by \d+ other objects/i,
    'something that Freshet did not make uses it. Drop that first, then run the same command again',
  ],
  [/primary.?key/i, 'compare the primary_key of the sink with the key of the table that it writes to'],
  [
    /broker|transport|timed? ?out|\bconnection\b|dispatch failure|unreachable|resolve/i,
    'the cluster must reach the address that the statement names; then run the same command again',
  ],
];

/** Returns the error for a step that RisingWave refuses: its reason, what that means, and what stands meanwhile. */
export function stepFailure(step: Step, e: unknown): unknown {
  if (!(e instanceof StatementRefused)) return e;
  const { reason } = e;
  const advice = ADVICE.find(([pattern]) => pattern.test(reason))?.[1];
  const standing =
    step.do === 'create' && step.entry.kind === 'sink'
      ? 'what the sink wrote before stays in place and stands still until the next run succeeds'
      : 'what served before goes on';
  const at = 'at' in step ? `${step.at}: ` : '';
  return new FreshetError('step_failed', `${at}cannot ${describeStep(step)}: ${reason}`, {
    hint: `${advice ?? 'correct the cause, then run the same command again'}; ${standing}`,
    cause: e,
  });
}
