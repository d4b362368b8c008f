import { readFileSync } from 'node:fs';
import type { Answer } from './call.ts';
import type { Script } from './script.ts';

const RECORDED = new URL('../dynamodb-local.answers.snap', import.meta.url);

/** Returns the recorded answers of DynamoDB Local by script. `test/external/` checks that they are up to date. */
export function recordedAnswers(): ReadonlyMap<string, readonly Answer[]> {
  return new Map(Object.entries(JSON.parse(readFileSync(RECORDED, 'utf8')) as Record<string, Answer[]>));
}

/** Returns the expected answers: those of DynamoDB Local, or the script's own where it differs for a reason. */
export function expectedAnswers(script: Script, recorded: readonly Answer[] | undefined): readonly Answer[] {
  return script.map(({ ours }, i) => ours?.answer ?? recorded![i]!);
}

export function answersFile(answers: ReadonlyMap<string, readonly Answer[]>): string {
  const scripts = [...answers].map(
    ([name, list]) =>
      `${JSON.stringify(name)}: [\n${list.map((answer) => JSON.stringify(answer)).join(',\n')}\n]`,
  );
  return `{\n${scripts.join(',\n')}\n}\n`;
}
