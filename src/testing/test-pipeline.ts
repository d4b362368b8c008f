import { createEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { Batch } from '../engine/batch.ts';
import type { EvaluationError } from '../engine/contract.ts';
import { sinkAsWritten, type Pipeline, type SourceDef } from '../plan/pipeline.ts';
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

/** The change of one row between two barriers. */
export interface TestChange<Row extends object = TestRow> {
  readonly op: 'insert' | 'update' | 'delete';
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

export interface TestPipelineOptions {
  readonly now: string | Date;
  readonly interpret?: boolean | undefined;
}

/** The input of one source. */
interface Input {
  readonly decoder: RecordDecoder;
  readonly batch: Batch;
  offset: number;
  /** Misspelt fields already reported. */
  readonly misspelt: Set<string>;
}

/** A pipeline under test. Reads and clock moves first process the inserted rows with a barrier. */
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
   * Inserts events into a source or table: an object, several objects, or NDJSON text, decoded like the source's JSON
   * records. A value that cannot be read becomes NULL and is listed in {@link problems}; so is a refused record, which
   * is not inserted. For a table in FORMAT UPSERT, an event is `{ key: {...}, value: {...} }`, with the value null to
   * delete; in FORMAT DEBEZIUM it is the envelope. `Event` only serves type checking; `freshet types` prints one for each
   * source.
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
      if (input.decoder.takeTruncate?.() === true) {
        this.#present.get(source)?.clear();
        this.engine.clear(source);
      }
    }
  }

  /** Adds a problem. Each misspelt field is reported once per source. */
  #problem({ misspelt }: Input, problem: DecodeProblem): void {
    if (problem.field !== undefined) {
      if (misspelt.has(problem.field)) return;
      misspelt.add(problem.field);
    }
    this.#problems.push(problem);
  }

  /**
   * Inserts (weight 1) or retracts (weight -1) rows of datums, in the order of the source's columns. Every view is then
   * as if a retracted row had never been inserted. Throws, and changes nothing, if a retracted row is not present,
   * and for retractions from an append-only relation: a source, an APPEND ONLY table, or a table without a key that a
   * connector fills.
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
        ? `'${name}' is a materialized view, whose rows come from its query`
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

  /** Moves the clock to a time. Throws RangeError if that is before the clock's time. */
  advanceTo(time: string | Date): void {
    this.#moveTo(instant(time));
  }

  /** Advances the clock by an interval in SQL notation, such as `1 day` or `90 minutes`. */
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
   * Returns a view's rows, ordered by its key, or by all columns if it has none. `Row` only serves type checking;
   * `freshet types` prints one for each view.
   */
  rows<Row extends object = TestRow>(view: string): Row[] {
    return this.datums(view).map((row) => this.#testRow(view, row) as Row);
  }

  /**
   * Returns the items that a sink writes for the current rows of its view, ordered by the sink's key, in DynamoDB's
   * JSON: `{ viewer_id: { N: '1' }, ... }`, without the attributes of a delivery (version, time of writing). `sink` is
   * the name of the sink, or of a view that exactly one sink reads. Throws for a row without a valid item, such as one
   * without a key.
   */
  items(sink: string): TestItem[] {
    this.#barrier();
    return itemLines(this.pipeline, this.engine, this.#sinkNamed(sink)).map(
      (line) => JSON.parse(line) as TestItem,
    );
  }

  #sinkNamed(name: string): string {
    const { sinks } = this.pipeline;
    const readers = sinks.filter((sink) => sinkAsWritten(sink).from === name);
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

  /** Returns the rows of {@link rows} as datums (src/values/datum.ts), for exact comparisons. */
  datums(view: string): Datum[][] {
    this.#barrier();
    this.#known(view);
    const reader = this.engine.view(view);
    return sortedRows(reader, this.pipeline.views.find((v) => v.name === view)?.key);
  }

  /** Returns the changes of a view since the last call, in the order of the barriers. */
  changes<Row extends object = TestRow>(view: string): TestChange<Row>[] {
    this.#barrier();
    return this.#known(view).splice(0) as TestChange<Row>[];
  }

  /** Returns the changes of a view that `changes` has not returned yet. Throws if there is no such view. */
  #known(view: string): TestChange[] {
    const changes = this.#changes.get(view);
    if (changes !== undefined) return changes;
    const { logicalViews, sinks, sources } = this.pipeline;
    const isNamed = (each: { readonly name: string }): boolean => each.name === view;
    const sink = sinks.find(isNamed);
    const what = logicalViews.some(isNamed)
      ? `'${view}' is a plain view, which stores no rows`
      : sink !== undefined
        ? `'${view}' is a sink: items('${view}') returns its items, rows('${sinkAsWritten(sink).from}') the rows of its view`
        : sources.some(isNamed)
          ? `'${view}' is a source, which stores no rows`
          : `no materialized view named '${view}'`;
    throw unknownName(what, { name: view, names: this.#changes.keys() });
  }

  /** Returns refused records, values read as NULL, and probably misspelt fields since the last call. */
  problems(): DecodeProblem[] {
    return this.#problems.splice(0);
  }

  /** Returns the expressions that failed for a row and became NULL since the last call. */
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
