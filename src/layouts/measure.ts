import { createEngine } from '../engine/engine.ts';
import { dependsOnOrder } from '../engine/order-dependence.ts';
import type { EvaluationError, Kernel } from '../engine/contract.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { eventTimeColumn } from '../runtime/event-time.ts';
import { loadReplayInput, type ReplayInputReport, type ReplayProblem } from '../runtime/replay-input.ts';
import { DAY_US, MINUTE_US } from '../values/civil.ts';
import { parseTimestamp } from '../values/datetime.ts';
import { FreshetError } from '../values/freshet-error.ts';
import { domainsOf, type Domain } from './domains.ts';
import { Experiment, type ExperimentCounts } from './experiment.ts';
import { FileTraffic } from './file-traffic.ts';
import { LAYOUT_NAMES, type LayoutName } from './layout-names.ts';
import { layOut, withoutLayouts } from './lay-out.ts';
import { LayoutSet } from './layout-set.ts';
import type { Prices } from './prices.ts';
import { measureReads } from './reads.ts';
import { ReplayClock } from './replay-clock.ts';
import type { Assumptions, LayoutReport, LayoutsReport, TrafficReport } from './report.ts';
import { SimulatedTraffic } from './simulated-traffic.ts';
import { summarize } from './summary.ts';
import type { Traffic } from './traffic.ts';
import { sampleViewers } from './viewers.ts';

/** Initial clock time before all events; the clock jumps from here to the first event. */
const BEFORE_ALL_US = parseTimestamp('1000-01-01');
/** Later than any event. */
const AFTER_ALL_US = parseTimestamp('9999-12-31');
const SAMPLED_VIEWERS = 200;

/** The files of one source. */
export interface TrafficFiles {
  readonly kind: 'files';
  /** The files of a source are read in this order. */
  readonly inputs: readonly { readonly source: string; readonly path: string }[];
  /** Source to its event-time column, if eventTimeColumn should not choose it. */
  readonly timeColumns?: ReadonlyMap<string, string> | undefined;
  readonly warmUpDays: number;
}

/** Simulated viewers. */
export interface TrafficSimulation {
  readonly kind: 'simulation';
  readonly seed: number;
  readonly viewers: number;
  /** The first midnight of the warm-up. */
  readonly start_us: number;
  /** Days that are measured, after the warm-up. */
  readonly days: number;
  readonly warmUpDays: number;
}

export interface MeasureOptions {
  readonly pipeline: Pipeline;
  readonly traffic: TrafficFiles | TrafficSimulation;
  /** Default: all, in the order of the report. */
  readonly layouts?: readonly LayoutName[] | undefined;
  readonly interval_us: number;
  readonly audience: number;
  /** Default: as in the traffic. */
  readonly eventsPerViewer?: number | undefined;
  readonly readsPerViewer: Assumptions['reads_per_viewer'];
  readonly writeRate: number;
  readonly utilisation: number;
  readonly prices: Prices;
  readonly signal: AbortSignal;
  onProgress?(text: string): void;
  onProblem?(problem: ReplayProblem): void;
}

/** A report, and what the user should know of the events that it comes from. */
export interface Measured {
  readonly report: LayoutsReport;
  readonly inputs: readonly ReplayInputReport[];
  readonly errors: readonly EvaluationError[];
}

/**
 * Replays traffic once through the pipeline's views, and writes their changes by real sinks in every layout, each into
 * a DynamoDB store in this process. Equal options give an equal report. Rejects with FreshetError if the pipeline has
 * no DynamoDB sinks, if the traffic has no events, and once the signal is aborted.
 */
export async function measureLayouts(options: MeasureOptions): Promise<Measured> {
  const { signal } = options;
  const written = withoutLayouts(options.pipeline);
  const domains = domainsOf(written);
  const laidOut = (options.layouts ?? LAYOUT_NAMES).map((layout) => layOut(written, domains, layout));
  const pipeline: Pipeline = {
    ...written,
    views: [...written.views, ...laidOut.flatMap(({ views }) => views)],
    sinks: [...written.sinks, ...laidOut.flatMap(({ sinks }) => sinks.map(({ def }) => def))],
  };
  const kernel = createEngine(pipeline, { now_us: BEFORE_ALL_US });
  const { traffic, inputs } = await openTraffic(options, kernel);
  if (traffic.start_us === Infinity) {
    throw new FreshetError('no_events', 'the input has no events with a time', {
      hint: 'check the files and the columns of their sources; --time SOURCE.COLUMN names the event time',
    });
  }
  const clock = new ReplayClock();
  const sets = laidOut.map((each) => new LayoutSet({ laidOut: each, clock }));
  for (const set of sets) await set.open();
  const experiment = new Experiment({
    kernel,
    traffic,
    sets,
    clock,
    interval_us: options.interval_us,
    rolled: domains.map(({ def }) => ({ name: def.name, view: def.from, primaryKey: def.primaryKey })),
    measureFrom_us: measureFrom_us(traffic, options.traffic.warmUpDays),
    warmUpStep_us: dependsOnOrder(pipeline) ? MINUTE_US : DAY_US,
    signal,
    onProgress: ({ events, done, isWarmUp }) =>
      options.onProgress?.(
        `${isWarmUp ? 'filling the views' : 'measuring'}: ${Math.floor(done * 100)} %, ` +
          `${events.toLocaleString('en')} events`,
      ),
  });
  await experiment.run();
  const report = await reportOf(options, { domains, sets, counts: experiment.counts });
  for (const set of sets) await set.close();
  return { report, inputs, errors: kernel.takeErrors() };
}

/** Returns the midnight at which the warm-up ends. Throws FreshetError if no events are left after it. */
function measureFrom_us({ start_us, end_us }: Traffic, warmUpDays: number): number {
  if (warmUpDays === 0) return -Infinity;
  const from_us = Math.floor(start_us / DAY_US) * DAY_US + warmUpDays * DAY_US;
  if (from_us < end_us) return from_us;
  const days = warmUpDays === 1 ? 'a day' : `${warmUpDays} days`;
  throw new FreshetError('no_events', `a warm-up of ${days} leaves no events to measure`, {
    hint: `the events end on ${new Date(end_us / 1000).toISOString().slice(0, 10)}; use a shorter --warm-up`,
  });
}

async function openTraffic(
  options: MeasureOptions,
  kernel: Kernel,
): Promise<{ readonly traffic: Traffic; readonly inputs: readonly ReplayInputReport[] }> {
  const { pipeline, traffic } = options;
  if (traffic.kind === 'simulation') {
    const days = traffic.warmUpDays + traffic.days;
    return { traffic: new SimulatedTraffic(pipeline, kernel, { ...traffic, days }), inputs: [] };
  }
  let records = 0;
  const inputs = [];
  // In the order of the pipeline's sources, not of the inputs.
  for (const source of pipeline.sources) {
    const paths = traffic.inputs.filter((input) => input.source === source.name).map(({ path }) => path);
    if (paths.length === 0) continue;
    const timeColumn = eventTimeColumn(source, traffic.timeColumns?.get(source.name));
    const input = await loadReplayInput({
      source,
      paths,
      timeColumn,
      asOf_us: AFTER_ALL_US,
      kernel,
      onProblem: (problem) => options.onProblem?.(problem),
      onProgress: (n) => options.onProgress?.(`${(records += n).toLocaleString('en')} records read`),
    });
    inputs.push(input);
  }
  return { traffic: new FileTraffic(inputs), inputs: inputs.map(({ report }) => report) };
}

interface Results {
  readonly domains: readonly Domain[];
  readonly sets: readonly LayoutSet[];
  readonly counts: ExperimentCounts;
}

async function reportOf(options: MeasureOptions, results: Results): Promise<LayoutsReport> {
  const { sets, counts } = results;
  const traffic = trafficReport(options, results);
  const assumptions = assumptionsOf(options, traffic);
  const viewers = sampleViewers(sets[0]!, SAMPLED_VIEWERS);
  const today = Math.floor(counts.end_us / DAY_US) - 1;
  const layouts: LayoutReport[] = [];
  for (const set of sets) {
    options.onProgress?.(`reading profiles: ${set.layout}`);
    const reads = await measureReads(set, viewers, today);
    layouts.push(summarize({ set, reads, counts, traffic, assumptions, prices: options.prices }));
  }
  return { pipeline: options.pipeline.name, traffic, assumptions, layouts };
}

function trafficReport(options: MeasureOptions, { domains, sets, counts }: Results): TrafficReport {
  const { meter, nights } = sets[0]!;
  const days = (counts.end_us - Math.floor(counts.start_us / DAY_US) * DAY_US) / DAY_US;
  const { activeViewerDays, viewers } = meter;
  return {
    origin: originOf(options.traffic),
    events: counts.events,
    warm_up_events: counts.warmUpEvents,
    start: new Date(counts.start_us / 1000).toISOString(),
    end: new Date(counts.end_us / 1000).toISOString(),
    days,
    nights: nights.length,
    interval_seconds: options.interval_us / 1e6,
    viewers,
    active_viewers_per_day: activeViewerDays / days,
    events_per_viewer: activeViewerDays === 0 ? 0 : counts.events / activeViewerDays,
    domains: domains.map(({ name }) => name),
  };
}

function originOf(traffic: MeasureOptions['traffic']): string {
  if (traffic.kind === 'files') {
    const sources = new Set(traffic.inputs.map(({ source }) => source));
    return `files of ${[...sources].join(', ')}`;
  }
  return `${traffic.viewers.toLocaleString('en')} simulated viewers (seed ${traffic.seed})`;
}

function assumptionsOf(options: MeasureOptions, traffic: TrafficReport): Assumptions {
  const { date, region, currency, source } = options.prices;
  const perActive =
    traffic.active_viewers_per_day === 0 ? 1 : traffic.viewers / traffic.active_viewers_per_day;
  return {
    audience: options.audience,
    profiles: Math.round(options.audience * perActive),
    events_per_viewer: options.eventsPerViewer ?? traffic.events_per_viewer,
    reads_per_viewer: options.readsPerViewer,
    write_rate: options.writeRate,
    utilisation: options.utilisation,
    prices: { date, region, currency, source },
  };
}
