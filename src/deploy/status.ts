import type { RenderedPipeline } from '../sql/target/rendered.ts';
import { countRows, readCatalog, readProgress } from './catalog.ts';
import type { Catalog, CatalogObject, DdlProgress } from './catalog.ts';
import { planDeployment } from './deploy.ts';
import { DeploymentRecord } from './record.ts';
import type { RecordEntry } from './record.ts';
import type { Row, Session } from './session.ts';

/** How far a job is behind the end of its topic. */
export interface SourceLag {
  readonly source: string;
  /** The object whose job reads: the source itself, or a view that still fills from its topic. */
  readonly reader: string;
  readonly partitions: number;
  /** `LIVE`, or `BACKFILL` while an object reads what the topic held before. */
  readonly phase: string;
  /** In records, over all partitions; undefined if RisingWave does not know it yet. */
  readonly lag: number | undefined;
}

/** The latency of the last barriers that RisingWave's log of events holds. */
export interface BarrierLatency {
  readonly barriers: number;
  readonly median_ms: number;
  readonly max_ms: number;
}

export interface StoredRows {
  readonly kind: 'table' | 'materialized view';
  readonly name: string;
  /** Undefined while it is being filled, or if it is unknown. */
  readonly rows: number | undefined;
  /** Whether they were counted; otherwise an estimate from the storage's statistics. */
  readonly isExact: boolean;
  /** Progress of its backfill in RisingWave's words; undefined if it is full. */
  readonly filling: string | undefined;
}

export interface SinkState {
  readonly name: string;
  readonly connector: string;
  /** Progress of writing the rows that its view held at first; undefined once it has written them. */
  readonly filling: string | undefined;
  /** Its last failure in RisingWave's log of events, after which it was started again; undefined if there is none. */
  readonly failure: { readonly at: string; readonly error: string } | undefined;
}

/** The state of what Freshet made on a target. A figure that this version of RisingWave does not have is undefined. */
export interface TargetStatus {
  readonly version: string;
  readonly schema: string;
  /** `RUNNING` or `RECOVERING`. */
  readonly recovery: string | undefined;
  readonly barriers: BarrierLatency | undefined;
  readonly sources: readonly SourceLag[] | undefined;
  readonly stored: readonly StoredRows[];
  readonly sinks: readonly SinkState[];
  /** Differences between the record, or the pipeline if one is given, and the catalog. */
  readonly drift: readonly string[];
}

export interface StatusOptions {
  /** The pipeline to compare with; without one, the record of all pipelines is compared with the catalog. */
  readonly pipeline?: RenderedPipeline | undefined;
  /** Whether to count rows, which reads each view. */
  readonly count: boolean;
}

/** Reads the state of the target. Rejects only if there is no connection, or no catalog. */
export async function readStatus(
  session: Session,
  { pipeline, count }: StatusOptions,
): Promise<TargetStatus> {
  const catalog = await readCatalog(session);
  const entries = await new DeploymentRecord(session).read(catalog);
  const own = ownObjects(catalog, entries, pipeline?.name);
  const progress = await readProgress(session);
  return {
    version: catalog.version,
    schema: catalog.schema,
    recovery: await readRecovery(session),
    barriers: await readBarriers(session),
    sources: await readLags(session, catalog, own),
    stored: await readRowCounts(session, own, progress, count),
    sinks: await readSinks(session, own, progress),
    drift: pipeline === undefined ? driftOf(catalog, entries) : await driftFrom(session, pipeline),
  };
}

/** Returns the objects of the record by name, with those that a deploy has begun and whose ids it has not stored yet. */
function ownObjects(
  { objects, schema }: Catalog,
  entries: readonly RecordEntry[],
  pipeline: string | undefined,
): readonly CatalogObject[] {
  const own = entries.filter((entry) => pipeline === undefined || entry.pipeline === pipeline);
  return objects
    .filter((object) =>
      own.some(({ objectId, kind, createdAs }) =>
        objectId === undefined
          ? object.kind === kind && object.name === createdAs && object.schema === schema
          : object.id === objectId,
      ),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readRecovery(session: Session): Promise<string | undefined> {
  const rows = await session.rowsIfAny(
    'SELECT recovery_state FROM rw_catalog.rw_recovery_info WHERE database_name = current_database()',
  );
  const [row] = rows ?? [];
  return row === undefined ? undefined : String(row['recovery_state']);
}

async function readBarriers(session: Session): Promise<BarrierLatency | undefined> {
  const rows = await session.rowsIfAny(
    "SELECT info FROM rw_catalog.rw_event_logs WHERE event_type = 'BARRIER_COMPLETE'",
  );
  const seconds = (rows ?? [])
    .map((row) => Number(eventOf(row, 'barrierComplete')?.['durationSec']))
    .filter((each) => Number.isFinite(each))
    .toSorted((a, b) => a - b);
  if (seconds.length === 0) return undefined;
  const inMs = (s: number): number => Math.round(s * 1000);
  return {
    barriers: seconds.length,
    median_ms: inMs(seconds[seconds.length >> 1]!),
    max_ms: inMs(seconds.at(-1)!),
  };
}

/** Returns the fields of an event of `rw_event_logs`, whose `info` is `{"kindOfEvent": {...}}`. */
function eventOf(row: Row, kind: string): Readonly<Record<string, unknown>> | undefined {
  const info: unknown = typeof row['info'] === 'string' ? JSON.parse(row['info']) : row['info'];
  return (info as Readonly<Record<string, Readonly<Record<string, unknown>>>> | null)?.[kind];
}

async function readLags(
  session: Session,
  { objects }: Catalog,
  own: readonly CatalogObject[],
): Promise<readonly SourceLag[] | undefined> {
  const rows = await session.rowsIfAny(
    'SELECT source_id, job_id, lag_phase, COUNT(*) AS partitions, SUM(lag) AS lag, COUNT(lag) AS known ' +
      'FROM rw_catalog.rw_kafka_job_lag GROUP BY source_id, job_id, lag_phase ORDER BY source_id, job_id',
  );
  if (rows === undefined) return undefined;
  const ids = new Set(own.map(({ id }) => id));
  const nameOf = (id: number): string => objects.find((o) => o.id === id)?.name ?? `object ${id}`;
  return rows.flatMap((row): SourceLag[] => {
    const [source, job] = [Number(row['source_id']), Number(row['job_id'])];
    if (!ids.has(source) && !ids.has(job)) return [];
    const partitions = Number(row['partitions']);
    return [
      {
        // The source of a table with a connector has no name of its own.
        source: ids.has(source) ? nameOf(source) : nameOf(job),
        reader: nameOf(job),
        partitions,
        phase: String(row['lag_phase']),
        lag: Number(row['known']) === partitions ? Number(row['lag']) : undefined,
      },
    ];
  });
}

async function readRowCounts(
  session: Session,
  own: readonly CatalogObject[],
  progress: readonly DdlProgress[],
  count: boolean,
): Promise<readonly StoredRows[]> {
  const stats = count
    ? undefined
    : await session.rowsIfAny('SELECT id, total_key_count FROM rw_catalog.rw_table_stats');
  const estimates = new Map((stats ?? []).map((row) => [Number(row['id']), Number(row['total_key_count'])]));
  const stored: StoredRows[] = [];
  for (const { id, kind, name } of own) {
    if (kind !== 'table' && kind !== 'materialized view') continue;
    const filling = progress.find((job) => job.id === id)?.progress;
    const estimate = estimates.get(id);
    const isExact = filling === undefined && estimate === undefined;
    const rows = isExact ? await countRows(session, name).catch(() => undefined) : estimate;
    stored.push({ kind, name, rows: filling === undefined ? rows : undefined, isExact, filling });
  }
  return stored;
}

async function readSinks(
  session: Session,
  own: readonly CatalogObject[],
  progress: readonly DdlProgress[],
): Promise<readonly SinkState[]> {
  const connectors = await session.rowsIfAny('SELECT id, connector FROM rw_catalog.rw_sinks');
  const failures = await session.rowsIfAny(
    "SELECT timestamp, info FROM rw_catalog.rw_event_logs WHERE event_type = 'SINK_FAIL' ORDER BY timestamp DESC",
  );
  return own
    .filter(({ kind }) => kind === 'sink')
    .map(({ id, name }): SinkState => {
      const row = (failures ?? []).find((each) => Number(eventOf(each, 'sinkFail')?.['sinkId']) === id);
      return {
        name,
        connector: String(connectors?.find((each) => Number(each['id']) === id)?.['connector'] ?? 'unknown'),
        filling: progress.find((job) => job.id === id)?.progress,
        failure:
          row === undefined
            ? undefined
            : { at: timeOf(row['timestamp']), error: String(eventOf(row, 'sinkFail')!['error'] ?? '') },
      };
    });
}

function timeOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** What a deploy of the pipeline would do. */
async function driftFrom(session: Session, pipeline: RenderedPipeline): Promise<readonly string[]> {
  const { changes } = await planDeployment(session, pipeline, { allowDataLoss: true });
  return changes
    .filter(({ action }) => action !== 'unchanged')
    .map(
      ({ action, kind, name, reason }) => `${kind} ${name}: ${action}${reason === '' ? '' : `: ${reason}`}`,
    );
}

/** What is not as the last deploy of each pipeline left it. */
function driftOf({ objects }: Catalog, entries: readonly RecordEntry[]): readonly string[] {
  return entries.flatMap((entry) => {
    const { pipeline, kind, name, createdAs, state, objectId } = entry;
    const what = `${kind} ${name} of ${pipeline}`;
    const object = objects.find(({ id }) => id === objectId);
    if (state !== 'created') return [`${what}: half-made as ${createdAs}`];
    if (object === undefined) return [`${what}: someone dropped it`];
    return object.name === name
      ? []
      : [`${what}: has the name ${object.name}; a deploy did not get to its end`];
  });
}
