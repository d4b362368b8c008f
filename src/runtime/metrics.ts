import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RunnerStatus } from './status.ts';

const BARRIER_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const FRESHNESS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 1800, 7200];
const CHECKPOINT_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Where gauges are read from at a scrape. */
export interface MetricsSource {
  status(): RunnerStatus;
  stateBytes(): ReadonlyMap<string, number>;
  textBytes(): number;
  texts(): number;
  viewRows(): ReadonlyMap<string, number>;
}

/** The runtime's Prometheus metrics, all named `freshet_...`, in a registry of their own. */
export class RuntimeMetrics {
  readonly registry = new Registry();
  readonly #source: { current: MetricsSource | undefined } = { current: undefined };

  readonly sourceRecords = this.#counter('freshet_source_records_total', 'Records taken from a source', [
    'source',
  ]);
  readonly sourceRows = this.#counter('freshet_source_rows_total', 'Rows a source added to the views', [
    'source',
  ]);
  readonly sourceBytes = this.#counter('freshet_source_bytes_total', 'Payload bytes taken from a source', [
    'source',
  ]);
  readonly sourceErrors = this.#counter('freshet_source_errors_total', 'Failures of a source', ['source']);
  readonly lostPositions = this.#counter(
    'freshet_source_lost_positions_total',
    'Partitions in which the next record to read was not there any more',
    ['source'],
  );
  readonly lostRecords = this.#counter(
    'freshet_source_lost_records_total',
    'Records that were gone before they were read, as far as they can be counted',
    ['source'],
  );
  readonly problems = this.#counter(
    'freshet_source_problems_total',
    'Records and fields that were not taken as they were',
    ['source', 'column', 'reason', 'refused'],
  );
  readonly misspelt = this.#counter(
    'freshet_source_misspelt_fields_total',
    'Records with a field that reaches no column and resembles one, which is missing; at most 100 fields of a source',
    ['source', 'field'],
  );
  readonly deadLetters = this.#counter('freshet_dead_letters_total', 'Records and rows set aside', [
    'origin',
    'name',
    'reason',
  ]);
  readonly evaluationErrors = this.#counter(
    'freshet_evaluation_errors_total',
    'Expressions that failed for a row and became NULL there',
    ['view', 'code'],
  );
  readonly viewChanges = this.#counter(
    'freshet_view_changes_total',
    'Row versions that a view which a sink reads added or took away',
    ['view'],
  );
  readonly textsFreed = this.#counter(
    'freshet_texts_freed_total',
    'Texts taken out of memory because no view holds them any more',
    [],
  );
  readonly goneItems = this.#counter(
    'freshet_sink_gone_items_deleted_total',
    'Items deleted from a destination because no row stands for them',
    ['sink'],
  );
  readonly barrierSeconds = this.#histogram(
    'freshet_barrier_duration_seconds',
    'From the start of a barrier until the sinks have its changes',
    BARRIER_SECONDS,
    [],
  );
  readonly freshnessSeconds = this.#histogram(
    'freshet_event_to_barrier_seconds',
    'Age of the oldest record of a barrier, from its log timestamp, when the views showed it',
    FRESHNESS_SECONDS,
    ['source'],
  );
  readonly checkpointSeconds = this.#histogram(
    'freshet_checkpoint_duration_seconds',
    'From the barrier until the checkpoint is durable',
    CHECKPOINT_SECONDS,
    [],
  );
  readonly checkpointFailures = this.#counter(
    'freshet_checkpoint_failures_total',
    'Checkpoints not written',
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
      'Records not taken yet',
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
      'Files that are not read, while others of the source are',
      ['source'],
      (gauge, { status }) => {
        for (const { name, problems } of status.sources) gauge.set({ source: name }, problems.length);
      },
    );
  }

  #gaugeViews(): void {
    this.#gauge('freshet_view_rows', 'Rows of a view', ['view'], (gauge, { source }) => {
      for (const [view, rows] of source.viewRows()) gauge.set({ view }, rows);
    });
    this.#gauge('freshet_view_state_bytes', 'Memory held for a view', ['view'], (gauge, { source }) => {
      for (const [view, bytes] of source.stateBytes()) gauge.set({ view }, bytes);
    });
    this.#gauge(
      'freshet_text_pool_bytes',
      'Memory held for texts, which all views share',
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
      "How far the machine's clock is behind the pipeline's, which never goes back",
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
      ['coalesced', 'Changes replaced by a newer one before they were sent'],
      ['retried', 'Writes sent again'],
      ['throttled', 'Writes refused for capacity'],
      ['dead_letters', 'Rows that cannot be delivered'],
      ['bytes', 'Bytes written'],
    ] as const) {
      this.#sinkCounter(stat, help);
    }
    for (const [stat, help] of [
      ['queued', 'Keys waiting to be sent'],
      ['in_flight', 'Keys sent and not acknowledged'],
    ] as const) {
      this.#gauge(`freshet_sink_${stat}`, help, ['sink'], (gauge, { status }) => {
        for (const sink of status.sinks) gauge.set({ sink: sink.name }, sink.stats[stat]);
      });
    }
    for (const [name, help, since] of [
      ['failing', 'How long all writes have failed; 0 while they go through', 'failing_since_ms'],
      ['oldest_pending', 'Age of the oldest change that is not acknowledged', 'oldest_pending_ms'],
    ] as const) {
      this.#gauge(`freshet_sink_${name}_seconds`, help, ['sink'], (gauge, { status }) => {
        for (const sink of status.sinks) {
          const age_ms = status.wall_us / 1000 - (sink.stats[since] ?? Infinity);
          gauge.set({ sink: sink.name }, Math.max(0, age_ms) / 1000);
        }
      });
    }
  }

  /** The runner whose state the gauges show. */
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

  /** A counter that follows a total kept by the sink. */
  #sinkCounter(
    stat: 'upserts' | 'deletes' | 'coalesced' | 'retried' | 'throttled' | 'dead_letters' | 'bytes',
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
          counter.inc({ sink: sink.name }, sink.stats[stat] - (seen.get(sink.name) ?? 0));
          seen.set(sink.name, sink.stats[stat]);
        }
      },
    });
    this.registry.registerMetric(counter);
  }
}
