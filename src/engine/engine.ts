import type { Pipeline } from '../plan/pipeline.ts';
import { Batch } from './batch.ts';
import type {
  EvaluationError,
  Kernel,
  StateReader,
  StateWriter,
  ViewChanges,
  ViewReader,
} from './contract.ts';
import { ErrorLog } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Graph, RunningView } from './graph.ts';
import { lower } from './lower.ts';
import { AggregateOperator } from './operators/aggregate.ts';
import type { Consumer, StateBound, Stream } from './operators/stream.ts';
import { Packer, Unpacker } from './state/packer.ts';
import { StringPool } from './text/string-pool.ts';
import { StreamViewReader } from './view-reader.ts';

export interface EngineOptions {
  readonly now_us: number;
  /**
   * Evaluates expressions with the interpreter, the reference for the generated code. The loops around the expressions
   * are still generated: in a process that forbids code generation the engine throws FreshetError
   * `code_generation_forbidden`.
   */
  readonly interpret?: boolean | undefined;
  /** Views whose changes `barrier` returns; by default those that a sink reads. */
  readonly observe?: 'all' | readonly string[] | undefined;
}

/**
 * Builds the kernel of a pipeline. Throws ContinuousClockError for an expression that changes with every tick of the
 * clock.
 */
export function createEngine(pipeline: Pipeline, options: EngineOptions): Engine {
  return new Engine(pipeline, options);
}

/** The kernel of one pipeline: its operators, and the readers and collected changes of its views. */
export class Engine implements Kernel {
  readonly pool = new StringPool();
  readonly fingerprint: string;
  readonly #errors = new ErrorLog();
  readonly #graph: Graph;
  readonly #collectors: readonly ChangeCollector[];
  readonly #readers = new Map<string, ViewReader>();
  #now_us: number;
  /** Number of barriers so far. */
  #epoch = 0;

  constructor(pipeline: Pipeline, options: EngineOptions) {
    this.#now_us = options.now_us;
    this.fingerprint = fingerprintOf(pipeline);
    this.#graph = lower(pipeline, {
      context: { pool: this.pool, errors: this.#errors, interpret: options.interpret ?? false },
      now_us: options.now_us,
    });
    const observe = options.observe ?? pipeline.sinks.map((s) => s.from);
    const views = [...this.#graph.views.values()];
    this.#collectors = views
      .filter((v) => observe === 'all' || observe.includes(v.def.name))
      .map((v) => new ChangeCollector(v, this.pool));
    // An operator may write straight into a collector only if the collector is its only consumer.
    for (const c of this.#collectors) {
      const only = !c.stream.connected && this.#collectors.every((d) => d === c || d.stream !== c.stream);
      if (!only || !c.letWrite()) c.connect();
    }
    for (const view of views) {
      const reader = new StreamViewReader(view, {
        pool: this.pool,
        errors: this.#errors,
        observed: this.#collectors.some((c) => c.view === view.def.name),
        epoch: () => this.#epoch,
      });
      this.#readers.set(view.def.name, reader);
    }
  }

  get now_us(): number {
    return this.#now_us;
  }

  wanted(source: string): readonly boolean[] {
    return this.#source(source).wanted;
  }

  newBatch(source: string, capacity: number): Batch {
    const stream = this.#source(source);
    return new Batch(
      stream.columns.map((c) => c.type),
      capacity,
      this.pool,
      stream.wanted,
    );
  }

  push(source: string, rows: Batch): void {
    this.#source(source).push(rows);
  }

  clear(table: string): void {
    const keyed = this.#graph.tables.get(table);
    if (keyed === undefined) throw new RangeError(`'${table}' is no table with a primary key`);
    keyed.clear();
  }

  barrier(now_us: number): readonly ViewChanges[] {
    if (now_us < this.#now_us)
      throw new RangeError(`the clock cannot go back from ${this.#now_us} to ${now_us}`);
    this.#now_us = now_us;
    this.#epoch++;
    for (const collector of this.#collectors) collector.clear();
    for (const operator of this.#graph.operators) operator.barrier(now_us);
    return this.#collectors;
  }

  view(name: string): ViewReader {
    const reader = this.#readers.get(name);
    if (reader === undefined) throw new RangeError(`no materialized view named '${name}'`);
    return reader;
  }

  takeErrors(): readonly EvaluationError[] {
    return this.#errors.take();
  }

  stateBytes(): ReadonlyMap<string, number> {
    const bytes = new Map<string, number>();
    for (const o of this.#graph.operators) bytes.set(o.view, (bytes.get(o.view) ?? 0) + o.stateBytes());
    return bytes;
  }

  /** Describes each operator for `explain`: what it holds, in how many rows and bytes. */
  operators(): readonly RunningOperator[] {
    return this.#graph.operators.map((o) => ({
      id: o.id,
      view: o.view,
      holds: o.describe(),
      bounds: o.bounds(),
      rows: o.stateRows(),
      bytes: o.stateBytes(),
    }));
  }

  sweepTexts(): number {
    return this.pool.sweep((marks) => {
      for (const operator of this.#graph.operators) operator.markTexts(marks);
    });
  }

  save(to: StateWriter): void {
    const head = new Packer();
    head.numbers(this.#now_us);
    to.block('engine', head.finish());
    this.pool.save(to);
    for (const operator of this.#graph.operators) {
      const packer = new Packer();
      operator.save(packer);
      to.block(operator.id, packer.finish());
    }
  }

  /**
   * Restores a snapshot into a new engine with the same `fingerprint`, before the first push. Throws if the state
   * refers to a text that the snapshot lacks.
   */
  restore(from: StateReader): void {
    const head = new Unpacker(from.block('engine'));
    this.#now_us = head.numbers()[0]!;
    this.pool.load(from);
    for (const operator of this.#graph.operators) operator.restore(new Unpacker(from.block(operator.id)));
    this.sweepTexts();
  }

  #source(name: string): Graph['sources'] extends ReadonlyMap<string, infer S> ? S : never {
    const source = this.#graph.sources.get(name);
    if (source === undefined) throw new RangeError(`no source named '${name}'`);
    return source;
  }
}

/** An operator's state, for `explain`. */
export interface RunningOperator {
  readonly id: string;
  readonly view: string;
  readonly holds: string;
  readonly bounds: readonly StateBound[];
  readonly rows: number;
  readonly bytes: number;
}

/** Collects a view's changes between two barriers. */
class ChangeCollector implements ViewChanges, Consumer {
  readonly view: string;
  readonly changes: Batch;
  readonly #running: RunningView;

  constructor(view: RunningView, pool: StringPool) {
    this.view = view.def.name;
    this.#running = view;
    this.changes = new Batch(
      view.def.columns.map((c) => c.type),
      1024,
      pool,
    );
  }

  get stream(): Stream {
    return this.#running.stream;
  }

  /** Makes the operator append its changes to `changes` itself; returns false if it cannot. */
  letWrite(): boolean {
    const { stream, map } = this.#running;
    if (map !== undefined || !(stream instanceof AggregateOperator) || !stream.traits.consolidated)
      return false;
    stream.collectInto(this.changes);
    return true;
  }

  connect(): void {
    const { stream, map } = this.#running;
    stream.connect(map === undefined ? this : { apply: (batch) => map.map(batch, this.changes) });
  }

  clear(): void {
    this.changes.n = 0;
  }

  apply(batch: Batch): void {
    const out = this.changes;
    out.ensure(out.n + batch.n);
    out.hasSlots = batch.hasSlots;
    out.columns.forEach((column, c) => column!.append(out.n, batch.column(c), batch.n));
    out.weights.set(batch.weights.subarray(0, batch.n), out.n);
    out.slots.set(batch.slots.subarray(0, batch.n), out.n);
    out.n += batch.n;
  }
}
