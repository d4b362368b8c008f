import { setTimeout as delay } from 'node:timers/promises';
import { FreshetError } from '../values/freshet-error.ts';
import { hasObject, readId, readProgress } from './catalog.ts';
import type { Step } from './plan.ts';
import type { DeploymentRecord, RecordEntry } from './record.ts';
import { StatementRefused } from './session.ts';
import type { Session } from './session.ts';
import { literal, quoted } from './statement-text.ts';
import { describeStep, stepFailure } from './step-text.ts';

export interface ApplyOptions {
  readonly session: Session;
  readonly record: DeploymentRecord;
  /** Schema in which names without a schema are made. */
  readonly schema: string;
  /** Aborted when the run should stop. A backfill that has begun goes on in RisingWave. */
  readonly signal: AbortSignal;
  /** How often the progress of a backfill is read. */
  readonly poll_ms: number;
  /** Called before each step with what it does, and while it waits with RisingWave's progress. */
  onStep(text: string): void;
  onProgress(text: string): void;
}

/**
 * Carries out the steps of a plan. Rejects with FreshetError at the first that fails; what has been done until then
 * stands, and is recorded.
 */
export async function applySteps(steps: readonly Step[], options: ApplyOptions): Promise<void> {
  const { session } = options;
  // Writes to the record wait until they are durable and can be read back.
  await session.rows('SET rw_implicit_flush TO true');
  // A view keeps the time zone of the session that creates it.
  await session.rows("SET timezone TO 'UTC'");
  // CREATE returns at once, and its backfill survives a lost connection.
  await session.rowsIfAny('SET background_ddl TO true');
  const applier = new Applier(options);
  for (const step of steps) {
    if (options.signal.aborted) throw interrupted();
    await applier.apply(step);
  }
}

function interrupted(): FreshetError {
  return new FreshetError('interrupted', 'stopped before the end of the plan', {
    hint: 'a backfill that has begun goes on in RisingWave; run the same command again to continue',
  });
}

class Applier {
  readonly #options: ApplyOptions;
  readonly #session: Session;
  readonly #record: DeploymentRecord;
  /** Ids of the objects that this run made, by the hashes of their entries and their names. */
  readonly #ids = new Map<string, number>();

  constructor(options: ApplyOptions) {
    this.#options = options;
    this.#session = options.session;
    this.#record = options.record;
  }

  async apply(step: Step): Promise<void> {
    if (step.do !== 'forget' && step.do !== 'adopt') this.#options.onStep(describeStep(step));
    switch (step.do) {
      case 'create':
        return this.#create(step);
      case 'finish':
        return this.#finish(step.entry);
      case 'try':
        await this.#create(step);
        return this.#drop(step.entry, step.entry.createdAs);
      case 'drop':
        return this.#drop(step.entry, step.name);
      case 'swap':
        await this.#expect(step.entry, step.name);
        await this.#expect(step.old, step.to);
        return this.#run(`${alter(step.entry, step.to)} SWAP WITH ${quoted(step.name)}`, step);
      case 'rename':
        await this.#expect(step.entry, step.name);
        return this.#run(`${alter(step.entry, step.name)} RENAME TO ${quoted(step.to)}`, step);
      case 'adopt':
        return this.#record.put(step.entry);
      case 'forget':
        return this.#record.remove(step.entry);
    }
  }

  async #create(step: Extract<Step, { readonly do: 'create' | 'try' }>): Promise<void> {
    const { entry, sql } = step;
    await this.#record.put(entry);
    try {
      await this.#session.rows(sql);
    } catch (e) {
      const isThere = 'isRetry' in step && step.isRetry && saysThatItExists(e);
      // A refused CREATE leaves nothing, and so nothing to be recognised. After a lost connection this cannot be
      // asked; then the entry stays, and the next run looks for the object.
      if (e instanceof StatementRefused && !isThere) await this.#record.remove(entry);
      if (!isThere) throw stepFailure(step, e);
    }
    await this.#finish(entry);
  }

  /** Waits until an object is full, and records it. */
  async #finish(entry: RecordEntry): Promise<void> {
    let { objectId } = entry;
    for (;;) {
      objectId ??= await this.#idOf(entry);
      const jobs = await readProgress(this.#session);
      const job = jobs.find(({ id, statement }) =>
        objectId === undefined ? names(statement, entry.createdAs) : id === objectId,
      );
      if (job === undefined && !(await this.#isCreating(entry, objectId))) break;
      this.#options.onProgress(`${entry.name}: ${job?.progress ?? '100%'}`);
      if (this.#options.signal.aborted) throw interrupted();
      await delay(this.#options.poll_ms);
    }
    // By its id, where that is known: an object that an earlier run left half-made may have changed its name since.
    const id = objectId ?? (await this.#idOf(entry));
    if (id === undefined || !(await hasObject(this.#session, entry.kind, id))) throw await this.#lost(entry);
    this.#ids.set(keyOf(entry), id);
    await this.#record.put({ ...entry, objectId: id, state: entry.state === 'trial' ? 'trial' : 'created' });
  }

  /**
   * Returns whether the server that this session talks to still holds a view as unfinished. It learns from the meta
   * node that a backfill has ended, a moment after the progress is gone; until then it lets nobody read the view.
   */
  async #isCreating({ kind }: RecordEntry, id: number | undefined): Promise<boolean> {
    if (kind !== 'materialized view' || id === undefined) return false;
    const rows = await this.#session.rowsIfAny(
      `SELECT status FROM rw_catalog.rw_materialized_views WHERE id = ${id}`,
    );
    return /^creating$/i.test(String(rows?.[0]?.['status']));
  }

  async #drop(entry: RecordEntry, name: string): Promise<void> {
    await this.#expect(entry, name);
    const id = this.#idIn(entry);
    const jobs = await readProgress(this.#session);
    // Older versions drop only what is full.
    if (jobs.some((job) => job.id === id)) await this.#session.rowsIfAny(`CANCEL JOBS ${id}`);
    if ((await this.#idOf({ ...entry, createdAs: name })) !== undefined)
      await this.#run(`DROP ${entry.kind.toUpperCase()} ${quoted(name)}`, { do: 'drop', entry, name });
    await this.#record.remove(entry);
  }

  /** Throws unless the object of that name is the one that the entry tells of. */
  async #expect(entry: RecordEntry, name: string): Promise<void> {
    const id = await this.#idOf({ ...entry, createdAs: name });
    if (id !== undefined && id === this.#idIn(entry)) return;
    throw new FreshetError(
      'changed_meanwhile',
      `${entry.kind} ${name} is no longer the one that was planned for`,
      {
        hint: 'someone changes the database at the same time; run again to see the new plan',
      },
    );
  }

  #idIn(entry: RecordEntry): number | undefined {
    return entry.objectId ?? this.#ids.get(keyOf(entry));
  }

  #idOf({ kind, createdAs }: RecordEntry): Promise<number | undefined> {
    return readId(this.#session, kind, createdAs, this.#options.schema);
  }

  async #run(sql: string, step: Step): Promise<void> {
    try {
      await this.#session.rows(sql);
    } catch (e) {
      throw stepFailure(step, e);
    }
  }

  /** The error for an object that RisingWave accepted and then gave up, with its reason if its log has one. */
  async #lost(entry: RecordEntry): Promise<FreshetError> {
    await this.#record.remove(entry);
    const rows = await this.#session.rowsIfAny(
      `SELECT info FROM rw_catalog.rw_event_logs WHERE event_type = ${literal('CREATE_STREAM_JOB_FAIL')} ` +
        'ORDER BY timestamp DESC LIMIT 20',
    );
    const info = (rows ?? [])
      .map((row) => failureIn(row['info']))
      .find(({ name }) => name === entry.createdAs);
    const reason = info === undefined ? 'its log of events does not say why' : info.error;
    return new FreshetError('job_failed', `RisingWave gave up ${entry.kind} ${entry.name}: ${reason}`, {
      hint: 'correct the cause, then run the same command again',
    });
  }
}

function saysThatItExists(e: unknown): boolean {
  return e instanceof StatementRefused && /already exists/i.test(e.reason);
}

function keyOf({ name, hash }: RecordEntry): string {
  return `${hash} ${name}`;
}

function alter({ kind }: RecordEntry, name: string): string {
  return `ALTER ${kind.toUpperCase()} ${quoted(name)}`;
}

/** Returns whether a statement holds a name as a word. */
function names(statement: string, name: string): boolean {
  return statement.split(/[^\w$\u0080-\uffff]+/).includes(name);
}

/** Returns name and error of an event of a failed job: `{"createStreamJobFail": {"name": ..., "error": ...}}`. */
function failureIn(info: unknown): { readonly name: string; readonly error: string } {
  const event = (typeof info === 'string' ? JSON.parse(info) : info) as {
    readonly createStreamJobFail?: { readonly name?: string; readonly error?: string };
  } | null;
  const { name = '', error = '' } = event?.createStreamJobFail ?? {};
  return { name, error };
}
