import { basename, resolve } from 'node:path';
import type { DeployPlan } from '../../deploy/deploy.ts';
import type { Session } from '../../deploy/session.ts';
import type { RenderedPipeline } from '../../sql/target/rendered.ts';
import { argument, defineCommand, toggle, type Values } from '../command.ts';
import { EXIT_DONE, EXIT_DRIFT, EXIT_FAILED, usageError } from '../errors.ts';
import { renderPlan } from '../format/deploy-plan.ts';
import { write, writeJson, type CliIo } from '../io.ts';
import { SERVER_RENDER_FLAGS } from '../render-flags.ts';
import { Progress, ProgressLog } from '../progress.ts';
import { DATABASE_FLAGS, openDatabase, renderForServer } from '../target-database.ts';

/** How often the progress of a backfill is asked for. */
const POLL_MS = 1000;

const FLAGS = {
  ...SERVER_RENDER_FLAGS,
  ...DATABASE_FLAGS,
  yes: toggle('apply without asking'),
  dryRun: toggle('print the plan and change nothing; exit with 2 if there is anything to do'),
  allowDataLoss: toggle('drop tables without a connector although they hold rows'),
  remove: toggle('drop everything that was deployed for the pipeline; its folder need not exist any more'),
  breakLock: toggle('remove the lock of a deploy that was killed', { conflictsWith: 'dryRun' }),
  json: toggle('print plan and result as one JSON document'),
};
type DeployFlags = Values<typeof FLAGS>;

export const deployCommand = defineCommand({
  name: 'deploy',
  summary: 'make a pipeline run on RisingWave, or bring it up to date there',
  description:
    'Compares a pipeline with what RisingWave has, prints a plan, and applies it after a yes. A second run does ' +
    'nothing. A run that stops half-way is resumed by the next one. What changed is made beside the old version, ' +
    'which serves until the new one is full. Freshet keeps a record of what it made in the table ' +
    'freshet_deployment of the database, and never drops or changes anything else.',
  examples: [
    [
      'deploy pipelines/viewer-engagement --target risingwave',
      'plan, ask, apply; the variable keeps the password out of the history of the shell',
      'RISINGWAVE_URL=postgres://root:secret@localhost:4566/dev',
    ],
    [
      'deploy pipelines/viewer-engagement --target risingwave --dry-run',
      'in CI: exit with 2 if there is anything to do',
    ],
    ['deploy pipelines/viewer-engagement --target risingwave --yes', 'in CI: apply without asking'],
    ['deploy pipelines/viewer-engagement --target risingwave --remove', 'drop everything again'],
  ],
  args: {
    dir: argument('folder of .sql files'),
  },
  flags: FLAGS,
  run: async (io, { dir }, flags) => {
    const session = await openDatabase(io, flags);
    try {
      const pipeline =
        flags.remove === true
          ? { name: basename(resolve(io.cwd, dir)), statements: [] }
          : await renderForServer(io, dir, session, flags);
      return await deploy(io, pipeline, session, flags);
    } finally {
      await session.close();
    }
  },
});

async function deploy(
  io: CliIo,
  pipeline: RenderedPipeline,
  session: Session,
  flags: DeployFlags,
): Promise<number> {
  const { planDeployment, applyDeployment } = await import('../../deploy/deploy.ts');
  const options = { allowDataLoss: flags.allowDataLoss === true };
  const plan = await planDeployment(session, pipeline, options);
  const answer = async (applied: boolean, exitCode: number): Promise<number> => {
    if (flags.json === true) await writeJson(io.stdout, documentOf(plan, session.place, applied));
    return exitCode;
  };
  if (flags.json !== true) await write(io.stdout, renderPlan(plan, session.place));
  if (plan.problems.length > 0) return answer(false, EXIT_FAILED);
  if (plan.steps.length === 0) return answer(false, EXIT_DONE);
  if (flags.dryRun === true) return answer(false, EXIT_DRIFT);
  if (flags.yes !== true && !(await isAgreed(io))) {
    await write(io.stderr, 'nothing was changed\n');
    return answer(false, EXIT_FAILED);
  }
  const progress = new Progress(io);
  const log = new ProgressLog(io);
  const steps = flags.json === true ? io.stderr : io.stdout;
  try {
    await applyDeployment(session, pipeline, plan, {
      ...options,
      breakLock: flags.breakLock === true,
      signal: io.signal,
      poll_ms: POLL_MS,
      onStep: (step) => {
        progress.clear();
        steps.write(`${step}\n`);
      },
      onProgress: (line) => {
        progress.show(line);
        log.tell(line);
      },
    });
  } finally {
    progress.clear();
  }
  const end = pipeline.statements.length === 0 ? 'is gone from RisingWave' : 'runs on RisingWave as defined';
  if (flags.json !== true) await write(io.stdout, `done: ${pipeline.name} ${end}\n`);
  return answer(true, EXIT_DONE);
}

async function isAgreed(io: CliIo): Promise<boolean> {
  if (io.ask === undefined)
    throw usageError('nobody can be asked here', 'add --yes to apply the plan, or --dry-run to see it only');
  return /^y(?:es)?$/i.test((await io.ask('apply this plan? [y/N] ')).trim());
}

/** The plan for scripts: without the SQL of its steps, which may hold secrets. */
function documentOf(plan: DeployPlan, place: string, applied: boolean): unknown {
  const { pipeline, version, schema, changes, problems } = plan;
  const steps = plan.steps.map((step) => ({
    do: step.do,
    kind: step.entry.kind,
    name: step.entry.name,
    createdAs: step.entry.createdAs,
  }));
  return {
    pipeline,
    target: { engine: 'risingwave', place, version, schema },
    changes,
    steps,
    problems,
    applied,
  };
}
