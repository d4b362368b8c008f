import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RunnerStatus } from './status.ts';

const BARRIER_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const FRESHNESS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 1800, 7200];
const CHECKPOINT_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Source of the gauges' values at a scrape. */
export interface MetricsSource {
  status(): RunnerStatus;
  stateBytes(): ReadonlyMap<string, number>;
  textBytes(): number;
  texts(): number;
  viewRows(): ReadonlyMap<string, number>;
}

/** The runtime's Prometheus metrics, all named `freshet_...`, in their own registry. */
export class RuntimeMetrics {
  readonly registry = new Registry();
  readonly #source: { current: MetricsSource | undefined } = { current: undefined };

  readonly sourceRecords = this.#counter('freshet_source_records_total', 'Records read from a source', [
    'source',
  ]);
  readonly sourceRows = this.#counter(
    'freshet_source_rows_total',
    'Rows that a source inserted into the views',
    ['source'],
  );
  readonly sourceBytes = this.#counter('freshet_source_bytes_total', 'Payload bytes read from a source', [
    'source',
  ]);
  readonly sourceErrors = this.#counter('freshet_source_errors_total', 'Failures of a source', ['source']);
  readonly lostPositions = this.#counter(
    'freshet_source_lost_positions_total',
    'Partitions whose next record to read no longer existed',
    ['source'],
  );
  readonly lostRecords = this.#counter(
    'freshet_source_lost_records_total',
    'Records that no longer existed when they were to be read, as far as they can be counted',
    ['source'],
  );
  readonly problems = this.#counter(
    'freshet_source_problems_total',
    'Records refused, and fields read as NULL',
    ['source', 'column', 'reason', 'refused'],
  );
  readonly misspelt = this.#counter(
    'freshet_source_misspelt_fields_total',
    'Records with a field that matches no column and resembles a missing one; at most 100 fields per source',
    ['source', 'field'],
  );
  readonly deadLetters = this.#counter(
    'freshet_dead_letters_total',
    'Records and rows set aside as dead letters',
    ['origin', 'name', 'reason'],
  );
  readonly evaluationErrors = this.#counter(
    'freshet_evaluation_errors_total',
    'Expressions that failed for a row and became NULL',
    ['view', 'code'],
  );
  readonly viewChanges = this.#counter(
    'freshet_view_changes_total',
    'Row versions inserted or retracted by a view that a sink reads',
    ['view'],
  );
  readonly textsFreed = this.#counter(
    'freshet_texts_freed_total',
    'Texts freed because no view held them',
    [],
  );
  readonly goneItems = this.#counter(
    'freshet_sink_gone_items_deleted_total',
    'Items deleted from a destination because no row produces them any more',
    ['sink'],
  );
  readonly barrierSeconds = this.#histogram(
    'freshet_barrier_duration_seconds',
    'Time from the start of a barrier until its changes are handed to the sinks',
    BARRIER_SECONDS,
    [],
  );
  readonly freshnessSeconds = this.#histogram(
    'freshet_event_to_barrier_seconds',
    'Age of the oldest record of a barrier, by its log timestamp, when the views reflect it',
    FRESHNESS_SECONDS,
    ['source'],
  );
  readonly checkpointSeconds = this.#histogram(
    'freshet_checkpoint_duration_seconds',
    'Time from the barrier until the checkpoint is durable',
    CHECKPOINT_SECONDS,
    [],
  );
  readonly checkpointFailures = this.#counter(
    'freshet_checkpoint_failures_total',
    'Checkpoints that could not be written',
    [],
  );

  constructor() {
    this.#gaugeSources();
    this.#gaugeViews();
    this.#gaugeProgress();
    this.#gaugeSinks();
  }

  #gaugeSources(): void {
    this.#gauge(
      'freshet_source_lag_records',
      'Records not read yet',
      ['source', 'partition'],
      (gauge, { status }) => {
        for (const { name, lag } of status.sources) {
          for (const { split, records } of lag) gauge.set({ source: name, partition: split }, records);
        }
      },
    );
    this.#gauge('freshet_source_up', '1 while a source can be read', ['source'], (gauge, { status }) => {
      for (const { name, state } of status.sources) {
        gauge.set({ source: name }, state === 'running' || state === 'ended' ? 1 : 0);
      }
    });
    this.#gauge(
      'freshet_source_unread_files',
      'Files that cannot be read, while the source reads others',
      ['source'],
      (gauge, { status }) => {
        for (const { name, problems } of status.sources) gauge.set({ source: name }, problems.length);
      },
    );
  }

  #gaugeViews(): void {
    this.#gauge('freshet_view_rows', 'Number of rows of a view', ['view'], (gauge, { source }) => {
      for (const [view, rows] of source.viewRows()) gauge.set({ view }, rows);
    });
    this.#gauge('freshet_view_state_bytes', 'Memory held for a view', ['view'], (gauge, { source }) => {
      for (const [view, bytes] of source.stateBytes()) gauge.set({ view }, bytes);
    });
    this.#gauge(
      'freshet_text_pool_bytes',
      'Memory held for texts, which are shared by all views',
      [],
      (gauge, from) => {
        gauge.set(from.source.textBytes());
      },
    );
    this.#gauge('freshet_texts', 'Distinct texts in memory', [], (gauge, { source }) => {
      gauge.set(source.texts());
    });
  }

  #gaugeProgress(): void {
    this.#gauge('freshet_checkpoint_bytes', 'Size of the last checkpoint', [], (gauge, { status }) => {
      if (status.checkpoint !== undefined) gauge.set(status.checkpoint.bytes);
    });
    this.#gauge(
      'freshet_checkpoint_age_seconds',
      'Time since the last checkpoint; before the first one, since the start',
      [],
      (gauge, { status }) => {
        gauge.set((status.wall_us - (status.checkpoint?.at_us ?? status.started_us)) / 1e6);
      },
    );
    this.#gauge(
      'freshet_clock_behind_seconds',
      "How far the machine's clock is behind the pipeline's clock, which never goes back",
      [],
      (gauge, { status }) => gauge.set(Math.max(0, (status.now_us - status.wall_us) / 1e6)),
    );
    this.#gauge('freshet_pipeline_epoch', 'Number of the last barrier', [], (gauge, { status }) =>
      gauge.set(status.epoch),
    );
  }

  #gaugeSinks(): void {
    for (const [stat, help] of [
      ['upserts', 'Rows written'],
      ['deletes', 'Rows deleted'],
      ['coalesced', 'Changes replaced by a newer change of the same key before they were sent'],
      ['suppressed', 'Changes that needed no write: nothing written had changed, or the row had expired'],
      ['superseded', 'Writes without effect, because the destination had a newer version of the row'],
      ['retried', 'Writes that were retried'],
      ['throttled', 'Writes throttled by the destination'],
      ['dead_letters', 'Rows that cannot be delivered'],
      ['bytes', 'Bytes written'],
    ] as const) {
      this.#sinkCounter(stat, help);
    }
    for (const [stat, help] of [
      ['queued', 'Keys waiting to be sent'],
      ['in_flight', 'Keys sent and not yet acknowledged'],
    ] as const) {
      this.#gauge(`freshet_sink_${stat}`, help, ['sink'], (gauge, { status }) => {
        for (const sink of status.sinks) gauge.set({ sink: sink.name }, sink.stats[stat]);
      });
    }
    for (const [name, help, since] of [
      ['failing', 'Time for which all writes have failed; 0 while they succeed', 'failing_since_ms'],
      ['oldest_pending', 'Age of the oldest change not yet acknowledged', 'oldest_pending_ms'],
    ] as const) {
      this.#gauge(`freshet_sink_${name}_seconds`, help, ['sink'], (gauge, { status }) => {
        for (const sink of status.sinks) {
          const age_ms = status.wall_us / 1000 - (sink.stats[since] ?? Infinity);
          gauge.set({ sink: sink.name }, Math.max(0, age_ms) / 1000);
        }
      });
    }
  }

  /** Sets the runner whose state the gauges show. */
  watch(source: MetricsSource): void {
    this.#source.current = source;
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #histogram<L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[],
  ): Histogram<L> {
    return new Histogram({ name, help, buckets, labelNames: [...labelNames], registers: [this.registry] });
  }

  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (gauge: Gauge, from: { source: MetricsSource; status: RunnerStatus }) => void,
  ): void {
    const holder = this.#source;
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect: () => {
        const source = holder.current;
        if (source === undefined) return;
        gauge.reset();
        read(gauge, { source, status: source.status() });
      },
    });
    this.registry.registerMetric(gauge);
  }

  /** Registers a counter that follows a total kept by the sinks. */
  #sinkCounter(
    stat:
      | 'upserts'
      | 'deletes'
      | 'coalesced'
      | 'suppressed'
      | 'superseded'
      | 'retried'
      | 'throttled'
      | 'dead_letters'
      | 'bytes',
    help: string,
  ) {
    const holder = this.#source;
    const seen = new Map<string, number>();
    const counter: Counter<'sink'> = new Counter({
      name: `freshet_sink_${stat}_total`,
      help,
      labelNames: ['sink'],
      registers: [],
      collect: () => {
        for (const sink of holder.current?.status().sinks ?? []) {
          const total = sink.stats[stat] ?? 0;
          counter.inc({ sink: sink.name }, total - (seen.get(sink.name) ?? 0));
          seen.set(sink.name, total);
        }
      },
    });
    this.registry.registerMetric(counter);
  }
}
