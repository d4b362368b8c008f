import type { Kernel } from '../../../src/engine/contract.ts';
import { DeadLetters } from '../../../src/runtime/dead-letters.ts';
import type { Log } from '../../../src/runtime/log.ts';
import { SILENT_LOG } from './silent-log.ts';
import { RuntimeMetrics } from '../../../src/runtime/metrics.ts';
import { ErrorReporter } from '../../../src/runtime/error-reporter.ts';
import type { RunnerSettings } from '../../../src/runtime/runner-options.ts';
import { PipelineRunner } from '../../../src/runtime/runner.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { MemoryDisk } from '../../platform/support/memory-disk.ts';
import { MemoryLog, MemoryReader, csvDecoder } from './memory-log.ts';
import type { MemoryReaderFaults } from './memory-log.ts';
import { MemorySink, MemoryTable } from './memory-table.ts';
import { SimClock } from '../../platform/support/sim-clock.ts';
import { createTinyKernel, tinyViews } from './tiny-kernel.ts';
import { MemoryCommitSink, MemoryLake } from './memory-lake.ts';
import { TINY_PIPELINE, TINY_PIPELINE_WITH_LAKES } from './tiny-pipeline.ts';

/** Everything that survives a process: its disk, the logs it reads, the tables it writes, and the clock. */
export class World {
  readonly clock = new SimClock(1_700_000_000_000_000);
  disk = new MemoryDisk();
  readonly logs = new Map([
    ['plays', new MemoryLog(2)],
    ['likes', new MemoryLog(1)],
  ]);
  readonly tables = new Map([
    ['totals_sink', new MemoryTable()],
    ['recent_sink', new MemoryTable()],
  ]);

  readonly lakes = new Map([
    ['totals_lake', new MemoryLake()],
    ['recent_lake', new MemoryLake()],
  ]);

  append(
    source: string,
    partition: number,
    viewer: number,
    amount: number,
    at_us = this.clock.now_us(),
  ): void {
    this.logs.get(source)!.append(partition, `${viewer},${amount},${at_us}`);
  }

  /** Returns the rows that each table must hold now by sink, computed from all records ever appended. */
  oracle(): Map<string, Map<string, readonly Datum[]>> {
    const views = this.views();
    return new Map(TINY_PIPELINE.sinks.map(({ name, from }) => [name, views.get(from)!]));
  }

  /** Returns the rows of each view now by key, computed from all records ever appended. */
  views(): Map<string, Map<string, readonly Datum[]>> {
    const events = [...this.logs.values()].flatMap((log) =>
      log.partitions.flat().flatMap((bytes) => {
        const fields = new TextDecoder().decode(bytes).split(',');
        if (fields.length !== 3) return [];
        return [{ viewer: BigInt(fields[0]!), amount: BigInt(fields[1]!), at_us: Number(fields[2]) }];
      }),
    );
    const views = tinyViews(events, this.clock.now_us());
    return new Map(
      [...views].map(([name, rows]) => [
        name,
        new Map([...rows].map(([viewer, row]) => [String(viewer), row])),
      ]),
    );
  }
}

export interface Process {
  readonly runner: PipelineRunner;
  /** The keyed sinks. */
  readonly sinks: readonly MemorySink[];
  readonly readers: readonly MemoryReader[];
  readonly metrics: RuntimeMetrics;
  /** Cuts the power: later actions of the process have no effect. */
  kill(): void;
}

export function startProcess(
  world: World,
  options: {
    random?: () => number;
    settings?: Partial<RunnerSettings>;
    faults?: MemoryReaderFaults;
    log?: Log;
    createKernel?: (now_us: number) => Kernel;
    /** Option scan.on_lost_position of every source. */
    onLost?: 'fail' | 'resume';
    /** Name of a sink to leave out of the pipeline. */
    without?: string;
    /** Adds commit sinks; `fail` is the probability that one of their calls fails. */
    lakes?: { readonly fail: number };
  } = {},
): Process {
  const random = options.random ?? (() => 0.5);
  const metrics = new RuntimeMetrics();
  const log = options.log ?? SILENT_LOG;
  const deadLetters = new DeadLetters({ disk: world.disk, directory: '/state/dead-letters' });
  const readers = TINY_PIPELINE.sources.map(
    ({ name }) => new MemoryReader(name, world.logs.get(name)!, world.clock, options.faults),
  );
  const pipeline = options.lakes === undefined ? TINY_PIPELINE : TINY_PIPELINE_WITH_LAKES;
  const defs = TINY_PIPELINE.sinks.filter(({ name }) => name !== options.without);
  const sinks = defs.map(
    ({ name, from }) =>
      new MemorySink({ name, view: from, table: world.tables.get(name)!, clock: world.clock, random }),
  );
  const lakes = pipeline.sinks.slice(TINY_PIPELINE.sinks.length);
  const commitSinks = lakes.map(
    ({ name, from }) =>
      new MemoryCommitSink({
        name,
        view: from,
        lake: world.lakes.get(name)!,
        clock: world.clock,
        random,
        fail: options.lakes!.fail,
      }),
  );
  const runner = new PipelineRunner({
    pipeline,
    createKernel: options.createKernel ?? ((now_us) => createTinyKernel(now_us)),
    sources: TINY_PIPELINE.sources.map((def, i) => ({
      def,
      reader: readers[i]!,
      onLostPosition: options.onLost ?? 'fail',
      createDecoder: () => csvDecoder,
    })),
    sinks: [
      ...defs.map((def, i) => ({ def, sink: sinks[i]! })),
      ...lakes.map((def, i) => ({ def, sink: commitSinks[i]! })),
    ],
    disk: world.disk,
    directory: '/state',
    clock: world.clock,
    log,
    metrics,
    problems: new ErrorReporter({ clock: world.clock, log, metrics, deadLetters }),
    settings: options.settings,
  });
  return {
    runner,
    sinks,
    readers,
    metrics,
    kill: () => {
      for (const part of [...sinks, ...commitSinks, ...readers]) part.dead = true;
      world.clock.crash();
    },
  };
}
