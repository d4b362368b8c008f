import type { EvaluationError, Kernel } from '../engine/contract.ts';
import { createEngine } from '../engine/engine.ts';
import { dependsOnOrder } from '../engine/order-dependence.ts';
import type { Pipeline, SourceDef } from '../plan/pipeline.ts';
import { DAY_US, MINUTE_US } from '../values/civil.ts';
import { parseTimestamp } from '../values/datetime.ts';
import { eventTimeColumn } from './event-time.ts';
import { itemLines } from './item-lines.ts';
import { named } from './named.ts';
import { loadReplayInput } from './replay-input.ts';
import type { ReplayInput, ReplayInputReport, ReplayProblem } from './replay-input.ts';
import { rowFormatter } from '../plan/row-json.ts';
import { sortedRows } from './sorted-rows.ts';
import { FreshetError } from '../values/freshet-error.ts';

export interface ReplayOptions {
  readonly pipeline: Pipeline;
  /** NDJSON or CSV files, by the extension, optionally `.gz`. The files of a source are read in this order. */
  readonly inputs: readonly { readonly source: string; readonly path: string }[];
  readonly asOf_us: number;
  /** Source to its event-time column, if eventTimeColumn should not choose it. */
  readonly timeColumns?: ReadonlyMap<string, string> | undefined;
  readonly maxRecordBytes?: number | undefined;
  /** Evaluates expressions with the interpreter only. */
  readonly interpret?: boolean | undefined;
  /** Lets the clock follow the rows even if the result does not depend on it. The reference in tests. */
  readonly everyMinute?: boolean | undefined;
  onProblem?(problem: ReplayProblem): void;
  /** Receives the number of records read so far, of all inputs. */
  onProgress?(records: number): void;
}

export interface Replay {
  /** The pipeline at the as-of time. */
  readonly kernel: Kernel;
  readonly inputs: readonly ReplayInputReport[];
  /** Returns evaluation errors since the last call. Some expressions are evaluated only when rows are read. */
  errors(): readonly EvaluationError[];
  /** Returns a view's rows as NDJSON lines, sorted by its key. */
  rows(view: string): Iterable<string>;
  /** Returns a sink's items as lines of DynamoDB JSON, sorted by its key, without bookkeeping attributes. */
  items(sink: string): Iterable<string>;
}

/** Initial clock time before all events; the clock jumps from here to the first event. */
const BEFORE_ALL_US = parseTimestamp('1000-01-01');

/**
 * Computes the views as of `asOf_us` from files alone: equal input gives equal output, byte for byte. The rules:
 *
 * - Rows are pushed in the order of event time; equal times in the order of the files. Rows without a time (of a source
 *   without timestamps, or with a NULL time) are pushed first. Rows later than `asOf_us` are left out.
 * - The result is as if the clock followed the rows in steps of a minute: the rows of a minute, in the order of the
 *   pipeline's sources, then a barrier at the end of that minute. Minutes without rows are skipped. The last barrier is
 *   at `asOf_us`. So a row is never ahead of the clock by more than a minute, as in a pipeline that keeps up.
 *
 * Views are functions of rows and time, so intermediate steps usually do not affect the result: the clock starts at
 * `asOf_us`, and rows outside of every window by then never enter one. Only pipelines whose result depends on the order
 * (`dependsOnOrder`) step through every minute. Evaluation errors are those of the steps taken. Rejects with
 * FreshetError.
 */
export async function replay(options: ReplayOptions): Promise<Replay> {
  const { pipeline, asOf_us } = options;
  if (asOf_us < BEFORE_ALL_US + DAY_US)
    throw new FreshetError('invalid_time', 'the as-of time is before the year 1000');
  const everyMinute = options.everyMinute === true || dependsOnOrder(pipeline);
  const now_us = everyMinute ? BEFORE_ALL_US : asOf_us;
  const kernel = createEngine(pipeline, { now_us, interpret: options.interpret, observe: [] });
  for (const source of options.timeColumns?.keys() ?? []) named('source', source, pipeline.sources);
  const inputs: ReplayInput[] = [];
  let records = 0;
  // In the order of the pipeline's sources, not of the inputs.
  for (const { source, paths } of inputFiles(options)) {
    const timeColumn = eventTimeColumn(source, options.timeColumns?.get(source.name));
    const input = await loadReplayInput({
      source,
      paths,
      timeColumn,
      asOf_us,
      kernel,
      maxRecordBytes: options.maxRecordBytes,
      onProblem: (problem) => options.onProblem?.(problem),
      onProgress: (n) => options.onProgress?.((records += n)),
    });
    inputs.push(input);
  }
  if (everyMinute) feedByMinute(kernel, inputs, asOf_us);
  else feedAtOnce(kernel, inputs, asOf_us);
  return {
    kernel,
    inputs: inputs.map(({ report }) => report),
    errors: () => kernel.takeErrors(),
    rows: (view) => viewLines(pipeline, kernel, view),
    items: (sink) => itemLines(pipeline, kernel, sink),
  };
}

function feedAtOnce(kernel: Kernel, inputs: readonly ReplayInput[], asOf_us: number): void {
  for (const input of inputs) {
    // A barrier per chunk keeps the pending changes small.
    while (input.pushSomeBefore(Infinity)) kernel.barrier(asOf_us);
  }
  kernel.barrier(asOf_us);
}

function feedByMinute(kernel: Kernel, inputs: readonly ReplayInput[], asOf_us: number): void {
  const pushBefore = (time_us: number): void => {
    for (const input of inputs) while (input.pushSomeBefore(time_us));
  };
  const first_us = Math.min(asOf_us, ...inputs.map((input) => input.firstTime_us));
  kernel.barrier(Math.floor(first_us / MINUTE_US) * MINUTE_US);
  pushBefore(first_us); // rows without a time
  for (;;) {
    const next_us = Math.min(...inputs.map((input) => input.nextTime_us), Infinity);
    if (next_us === Infinity) break;
    const end_us = (Math.floor(next_us / MINUTE_US) + 1) * MINUTE_US;
    pushBefore(end_us);
    kernel.barrier(Math.min(end_us, asOf_us));
  }
  kernel.barrier(asOf_us);
}

function inputFiles({ pipeline, inputs }: ReplayOptions): { source: SourceDef; paths: string[] }[] {
  const paths = new Map<string, string[]>();
  for (const { source: given, path } of inputs) {
    const { name } = named('source', given, pipeline.sources);
    paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  return pipeline.sources.flatMap((source) => {
    const files = paths.get(source.name);
    return files === undefined ? [] : [{ source, paths: files }];
  });
}

function viewLines(pipeline: Pipeline, kernel: Kernel, name: string): Iterable<string> {
  const { key } = named('materialized view', name, pipeline.views);
  const view = kernel.view(name);
  return sortedRows(view, key).map(rowFormatter(view.columns));
}
