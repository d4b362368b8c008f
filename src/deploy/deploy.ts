import { isDeepStrictEqual } from 'node:util';
import { FreshetError } from '../values/freshet-error.ts';
import type { RenderedPipeline } from '../sql/target/rendered.ts';
import { loadParser } from '../sql/parser.ts';
import { applySteps } from './apply.ts';
import type { ApplyOptions } from './apply.ts';
import { countRows, readCatalog } from './catalog.ts';
import { compare } from './comparison.ts';
import type { OwnObject } from './comparison.ts';
import { withLock } from './lock.ts';
import { planSteps } from './plan.ts';
import type { Problem, Step } from './plan.ts';
import { DeploymentRecord } from './record.ts';
import { changesOf } from './report.ts';
import type { Change } from './report.ts';
import type { Session } from './session.ts';

/** What a deploy is going to do. */
export interface DeployPlan {
  readonly pipeline: string;
  /** The version of RisingWave. */
  readonly version: string;
  readonly schema: string;
  readonly changes: readonly Change[];
  /** Empty if the target is what the pipeline wants. Their SQL may hold secrets. */
  readonly steps: readonly Step[];
  /** Reasons not to apply the steps; empty as a rule. */
  readonly problems: readonly Problem[];
}

export interface PlanOptions {
  /** Whether a table without a connector may be dropped with its rows. */
  readonly allowDataLoss: boolean;
}

/** Reads the catalog and the record, and plans. Changes nothing. */
export async function planDeployment(
  session: Session,
  pipeline: RenderedPipeline,
  { allowDataLoss }: PlanOptions,
): Promise<DeployPlan> {
  await loadParser();
  const catalog = await readCatalog(session);
  const entries = await new DeploymentRecord(session).read(catalog);
  const comparison = compare(pipeline, catalog, entries);
  const rows = await rowsAtRisk(session, comparison.obsolete);
  const input = { pipeline: pipeline.name, comparison, catalog, entries, rows, allowDataLoss };
  const { steps, problems } = planSteps(input);
  return {
    pipeline: pipeline.name,
    version: catalog.version,
    schema: catalog.schema,
    changes: changesOf(comparison, steps),
    steps,
    problems,
  };
}

/** Counts the rows of obsolete tables that no topic can fill again. */
async function rowsAtRisk(
  session: Session,
  obsolete: readonly OwnObject[],
): Promise<ReadonlyMap<number, number>> {
  const rows = new Map<number, number>();
  for (const { object } of obsolete)
    if (object.kind === 'table' && !object.hasConnector)
      rows.set(object.id, await countRows(session, object.name));
  return rows;
}

export interface DeployOptions
  extends PlanOptions, Pick<ApplyOptions, 'signal' | 'poll_ms' | 'onStep' | 'onProgress'> {
  /** Whether to remove the lock of a deploy that was killed. */
  readonly breakLock: boolean;
}

/**
 * Applies a plan while no other deploy of the pipeline can run. Throws FreshetError if the plan has problems, if the
 * target changed since it was made, or at the first step that fails.
 */
export async function applyDeployment(
  session: Session,
  pipeline: RenderedPipeline,
  plan: DeployPlan,
  options: DeployOptions,
): Promise<void> {
  const [problem] = plan.problems;
  if (problem !== undefined) throw new FreshetError('refused', problem.message, { hint: problem.hint });
  await withLock(session, pipeline.name, options.breakLock, async () => {
    const record = new DeploymentRecord(session);
    await record.prepare();
    const now = await planDeployment(session, pipeline, options);
    if (!isDeepStrictEqual(now.steps, plan.steps))
      throw new FreshetError('changed_meanwhile', 'the target changed after the plan was made', {
        hint: 'run the same command again to see the new plan',
      });
    await applySteps(plan.steps, { ...options, session, record, schema: plan.schema });
  });
}
