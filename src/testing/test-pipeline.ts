import { createEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { Batch } from '../engine/batch.ts';
import type { EvaluationError } from '../engine/contract.ts';
import type { Pipeline, SourceDef } from '../plan/pipeline.ts';
import { itemLines } from '../runtime/item-lines.ts';
import { sortedRows } from '../runtime/sorted-rows.ts';
import type { DecodeProblem, RecordDecoder } from '../sources/decoder.ts';
import { createJsonDecoder } from '../sources/json/decoder.ts';
import { castDatum } from '../values/cast.ts';
import type { Datum, Interval } from '../values/datum.ts';
import { addInterval } from '../values/interval.ts';
import { INTERVAL, VARCHAR } from '../values/types.ts';
import { eventLines } from './event-lines.ts';
import { PresentRows } from './present-rows.ts';
import { instant, isoTime } from './times.ts';
import { unknownName } from './unknown-name.ts';
import type { TestItem, TestRow } from './value.ts';
import { testValue } from './value.ts';

/** What happened to one row between two barriers. */
export interface TestChange<Row extends object = TestRow> {
  readonly op: 'insert' | 'update' | 'delete';
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

export interface TestPipelineOptions {
  readonly now: string | Date;
  readonly interpret?: boolean | undefined;
}

/** What is inserted into one source. */
interface Input {
  readonly decoder: RecordDecoder;
  readonly batch: Batch;
  offset: number;
  /** Fields that were told. */
  readonly misspelt: Set<string>;
}

/** A pipeline under test. Reading, or moving the clock, first takes in what was inserted (a barrier). */
export class TestPipeline {
  readonly pipeline: Pipeline;
  readonly engine: Engine;
  readonly #inputs = new Map<string, Input>();
  readonly #present = new Map<string, PresentRows>();
  readonly #changes = new Map<string, TestChange[]>();
  readonly #problems: DecodeProblem[] = [];
  #now_us: number;

  constructor(pipeline: Pipeline, options: TestPipelineOptions) {
    this.pipeline = pipeline;
    this.#now_us = instant(options.now);
    this.engine = createEngine(pipeline, {
      now_us: this.#now_us,
      interpret: options.interpret,
      observe: 'all',
    });
    for (const view of pipeline.views) this.#changes.set(view.name, []);
    this.#barrier();
  }

  /** The pipeline's clock. */
  get now(): Date {
    return new Date(Math.floor(this.#now_us / 1000));
  }

  /**
   * Adds events to a source or table, decoded as its JSON records are: one object or several, or NDJSON text. Values
   * that cannot be read become NULL and are listed in {@link problems}; refused records are not added. `Event` is for
   * the compiler alone: `freshet types` prints one for each source.
   */
  insert<Event extends object = object>(
    source: string,
    events: string | NoInfer<Event> | Iterable<NoInfer<Event>>,
  ): void {
    const lines = eventLines(source, events);
    const input = this.#input(source);
    const encoder = new TextEncoder();
    for (const line of lines) {
      const payload = encoder.encode(line);
      const bytes = new Uint8Array(payload.length + 8);
      bytes.set(payload);
      input.batch.n = 0;
      const offset = String(input.offset);
      const records = {
        split: '0',
        bytes,
        starts: Int32Array.of(0),
        ends: Int32Array.of(payload.length),
        count: 1,
        offsetOf: () => offset,
        nextOffset: String(++input.offset),
        advance: 1,
        timestamps_us: Float64Array.of(this.#now_us),
      };
      input.decoder.decode(records, 0, input.batch, (problem) => this.#problem(input, problem));
      if (input.batch.n > 0) this.#push(source, input.batch);
    }
  }

  /** A misspelt field is told once of a source. */
  #problem({ misspelt }: Input, problem: DecodeProblem): void {
    if (problem.field !== undefined) {
      if (misspelt.has(problem.field)) return;
      misspelt.add(problem.field);
    }
    this.#problems.push(problem);
  }

  /**
   * Adds rows (weight 1) or takes them away (-1) as datums, in the order of the source's columns. What was taken away
   * leaves every view as if it had never been there. Throws, and changes nothing, for a row that is not there, and for
   * what only appends: a source, an APPEND ONLY table, a table without a key whose rows come from a connector.
   */
  insertDatums(source: string, rows: readonly (readonly Datum[])[], weight: 1 | -1 = 1): void {
    const batch = this.engine.newBatch(source, Math.max(1, rows.length));
    for (const row of rows) batch.append(row, weight);
    this.#push(source, batch);
  }

  #push(source: string, batch: Batch): void {
    let present = this.#present.get(source);
    if (present === undefined) {
      present = new PresentRows(this.#definition(source));
      this.#present.set(source, present);
    }
    present.apply(batch);
    this.engine.push(source, batch);
  }

  #definition(name: string): SourceDef {
    const source = this.pipeline.sources.find((s) => s.name === name);
    if (source !== undefined) return source;
    const isView = this.#changes.has(name);
    throw unknownName(
      isView
        ? `'${name}' is a materialized view, which its query fills`
        : `no source or table named '${name}'`,
      {
        name,
        names: this.pipeline.sources.map((each) => each.name),
      },
    );
  }

  #input(name: string): Input {
    let input = this.#inputs.get(name);
    if (input === undefined) {
      const decoder = createJsonDecoder(this.#definition(name), this.engine.wanted(name), this.engine.pool);
      input = { decoder, batch: this.engine.newBatch(name, 1), offset: 0, misspelt: new Set() };
      this.#inputs.set(name, input);
    }
    return input;
  }

  /** Moves the clock to a time, not before the present one. */
  advanceTo(time: string | Date): void {
    this.#moveTo(instant(time));
  }

  /** Moves the clock on by an interval as SQL writes it: `1 day`, `90 minutes`. */
  advanceBy(interval: string): void {
    this.#moveTo(addInterval(this.#now_us, castDatum(interval, VARCHAR, INTERVAL) as Interval));
  }

  #moveTo(time_us: number): void {
    if (time_us < this.#now_us) {
      throw new RangeError(
        `the clock is at ${isoTime(this.#now_us)} and cannot go back to ${isoTime(time_us)}`,
      );
    }
    this.#barrier();
    this.#now_us = time_us;
    this.#barrier();
  }

  /**
   * A view's rows, ordered by its key (or by all columns). `Row` is for the compiler alone: `freshet types` prints one
   * for each view.
   */
  rows<Row extends object = TestRow>(view: string): Row[] {
    return this.datums(view).map((row) => this.#testRow(view, row) as Row);
  }

  /**
   * The items that a sink writes for the rows that its view has now, ordered by its key, as DynamoDB's JSON:
   * `{ viewer_id: { N: '1' }, ... }`. What belongs to a delivery (version, time of writing) is left out. `sink` is its
   * name, or that of a view that one sink reads. Throws for a row that makes no item, as one without a key.
   */
  items(sink: string): TestItem[] {
    this.#barrier();
    return itemLines(this.pipeline, this.engine, this.#sinkNamed(sink)).map(
      (line) => JSON.parse(line) as TestItem,
    );
  }

  #sinkNamed(name: string): string {
    const { sinks } = this.pipeline;
    const readers = sinks.filter(({ from }) => from === name);
    if (sinks.some((each) => each.name === name)) return name;
    if (readers.length === 1) return readers[0]!.name;
    throw unknownName(
      readers.length > 1
        ? `several sinks read '${name}'`
        : this.#changes.has(name)
          ? `no sink reads '${name}'`
          : `no sink named '${name}'`,
      { name, names: (readers.length > 1 ? readers : sinks).map((each) => each.name) },
    );
  }

  /** The same as datums (src/values/datum.ts), for exact comparisons. */
  datums(view: string): Datum[][] {
    this.#barrier();
    this.#known(view);
    const reader = this.engine.view(view);
    return sortedRows(reader, this.pipeline.views.find((v) => v.name === view)?.key);
  }

  /** What changed in a view since the last call, in the order of the barriers. */
  changes<Row extends object = TestRow>(view: string): TestChange<Row>[] {
    this.#barrier();
    return this.#known(view).splice(0) as TestChange<Row>[];
  }

  /** The recorded changes of a view that `changes` has not given out yet. Throws if there is no such view. */
  #known(view: string): TestChange[] {
    const changes = this.#changes.get(view);
    if (changes !== undefined) return changes;
    const { logicalViews, sinks, sources } = this.pipeline;
    const isNamed = (each: { readonly name: string }): boolean => each.name === view;
    const sink = sinks.find(isNamed);
    const what = logicalViews.some(isNamed)
      ? `'${view}' is a plain view, which holds no rows`
      : sink !== undefined
        ? `'${view}' is a sink: items('${view}') has its items, rows('${sink.from}') the rows of its view`
        : sources.some(isNamed)
          ? `'${view}' is a source, which holds no rows`
          : `no materialized view named '${view}'`;
    throw unknownName(what, { name: view, names: this.#changes.keys() });
  }

  /** What could not be read, and fields that are probably misspelt, since the last call. */
  problems(): DecodeProblem[] {
    return this.#problems.splice(0);
  }

  /** Expressions that failed for a row and became NULL there, since the last call. */
  errors(): readonly EvaluationError[] {
    this.#barrier();
    return this.engine.takeErrors();
  }

  #barrier(): void {
    for (const { view, changes } of this.engine.barrier(this.#now_us)) {
      const out = this.#changes.get(view)!;
      for (let i = 0; i < changes.n; i++) {
        const row = this.#testRow(view, changes.row(i));
        const gone = changes.weights[i]! < 0;
        const paired =
          gone &&
          changes.hasSlots &&
          i + 1 < changes.n &&
          changes.slots[i + 1] === changes.slots[i] &&
          changes.weights[i + 1]! > 0;
        if (paired) {
          i++;
          out.push({ op: 'update', before: row, after: this.#testRow(view, changes.row(i)) });
        } else if (gone) out.push({ op: 'delete', before: row, after: undefined });
        else out.push({ op: 'insert', before: undefined, after: row });
      }
    }
  }

  #testRow(view: string, row: readonly Datum[]): TestRow {
    const { columns } = this.engine.view(view);
    return Object.fromEntries(columns.map((c, i) => [c.name, testValue(c.type, row[i]!)]));
  }
}
