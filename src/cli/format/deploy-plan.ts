import type { DeployPlan } from '../../deploy/deploy.ts';
import type { Change } from '../../deploy/report.ts';
import { countOf } from './count.ts';

const MARKS: Readonly<Record<Change['action'], string>> = {
  create: '+',
  replace: '~',
  finish: '>',
  drop: '-',
  unchanged: '=',
};
const SUMMARY: readonly (readonly [Change['action'], string])[] = [
  ['create', 'to create'],
  ['replace', 'to replace'],
  ['finish', 'to finish'],
  ['drop', 'to drop'],
  ['unchanged', 'unchanged'],
];

/** Returns a plan as `freshet deploy` prints it. `place` is the host, port and database. */
export function renderPlan(
  { pipeline, version, schema, changes, steps, problems }: DeployPlan,
  place: string,
): string {
  const kindWidth = Math.max(...changes.map(({ kind }) => kind.length), 0);
  const nameWidth = Math.max(...changes.map(({ name }) => name.length), 0);
  const lines = [`${pipeline} on RisingWave ${version} at ${place}, schema ${schema}`, ''];
  for (const { action, kind, name, at, reason, notes } of changes) {
    const why = [action, reason].filter((part) => part !== '').join(': ');
    const where = at === undefined || action === 'unchanged' ? '' : ` (${at})`;
    lines.push(`  ${MARKS[action]} ${kind.padEnd(kindWidth)}  ${name.padEnd(nameWidth)}  ${why}${where}`);
    for (const note of notes) lines.push(`      ${note}`);
  }
  lines.push('');
  for (const { message, hint } of problems) lines.push(`error: ${message}`, `hint: ${hint}`, '');
  const counts = SUMMARY.flatMap(([action, words]) => {
    const n = changes.filter((change) => change.action === action).length;
    return n === 0 ? [] : [`${n} ${words}`];
  });
  const work = steps.length === 0 ? 'nothing to do' : countOf(steps.length, 'step');
  const end = problems.length > 0 ? `refused for ${countOf(problems.length, 'reason')}` : work;
  lines.push(`${[...counts, end].join(', ')}`);
  return `${lines.join('\n')}\n`;
}
