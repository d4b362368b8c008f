import { basename, resolve } from 'node:path';
import { engineProblems } from '../engine/check.ts';
import { createEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { Batch } from '../engine/batch.ts';
import type { EvaluationError } from '../engine/contract.ts';
import type { Pipeline, SourceDef } from '../plan/pipeline.ts';
import type { DecodeProblem, RecordDecoder } from '../sources/decoder.ts';
import { createJsonDecoder } from '../sources/json/decoder.ts';
import { bindPipeline } from '../sql/bind-pipeline.ts';
import type { CheckedPipeline } from '../sql/bind-pipeline.ts';
import { renderDiagnostic } from '../sql/diagnostic.ts';
import { loadPipeline } from '../sql/load.ts';
import { loadParser } from '../sql/parser.ts';
import { castDatum } from '../values/cast.ts';
import { compareDatum } from '../values/compare.ts';
import type { Datum, Interval } from '../values/datum.ts';
import { addInterval } from '../values/interval.ts';
import { INTERVAL, VARCHAR } from '../values/types.ts';
import { eventJson } from './event-json.ts';
import { PresentRows } from './present-rows.ts';
import { instant, isoTime } from './times.ts';
import type { TestValue } from './value.ts';
import { testValue } from './value.ts';

export type { TestValue } from './value.ts';

/** One row of a view: column name to value (see {@link TestValue}). */
export type TestRow = Readonly<Record<string, TestValue>>;

/** What happened to one row between two barriers. */
export interface TestChange {
  readonly op: 'insert' | 'update' | 'delete';
  readonly before: TestRow | undefined;
  readonly after: TestRow | undefined;
}

export interface OpenOptions {
  /**
   * The clock at the start: an ISO time (`2026-03-15T12:00:00Z`) or a Date. It moves only when the test moves
   * it.
   */
  readonly now: string | Date;
  /** For `${NAME}` in the SQL. Default: empty, so that a test does not depend on where it runs. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Evaluate with the interpreter instead of generated code. Same results, slower. */
  readonly interpret?: boolean | undefined;
}

/**
 * Opens a pipeline in this process, with no disk, network or clock of its own.
 *
 * `sql` is a folder of .sql files, or the SQL itself as `{ 'file.sql': text }`. Rejects with the rendered
 * errors (file, line, column, hint) if the pipeline is wrong.
 *
 * ```ts
 * const p = await openPipeline('pipelines/viewer-engagement', { now: '2026-03-15T12:00:00Z' });
 * p.insert('view_events', [
 *   { viewer_id: 1, content_id: 'a', watch_duration_sec: 600, watched_at: '2026-03-15T11:50:00' },
 * ]);
 * p.rows('viewer_engagement_rolling'); // [{ viewer_id: 1, watch_minutes_7d: 10, ... }]
 * p.advanceBy('8 days');
 * p.changes('viewer_engagement_rolling'); // [{ op: 'update', before: {...}, after: {...} }]
 * ```
 */
export async function openPipeline(
  sql: string | Readonly<Record<string, string>>,
  options: OpenOptions,
): Promise<TestPipeline> {
  await loadParser();
  const env = options.env ?? {};
  let checked: CheckedPipeline;
  if (typeof sql === 'string') checked = await loadFolder(sql, env);
  else {
    const files = Object.entries(sql).map(([name, text]) => ({ name, text }));
    checked = bindPipeline('test', files, env);
  }
  const problems = checked.pipeline === undefined ? [] : engineProblems(checked.pipeline);
  const errors = [...checked.diagnostics, ...problems].filter((d) => d.severity === 'error');
  if (checked.pipeline === undefined || errors.length > 0) {
    const name = typeof sql === 'string' ? basename(sql) : 'the pipeline';
    throw new Error(
      `${name} is wrong:\n\n${errors.map((d) => renderDiagnostic(d, checked.files)).join('\n\n')}`,
    );
  }
  return new TestPipeline(checked.pipeline, options);
}

async function loadFolder(folder: string, env: NonNullable<OpenOptions['env']>): Promise<CheckedPipeline> {
  try {
    return await loadPipeline(folder, { env });
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
    throw new Error(`no such folder: ${resolve(folder)}`, { cause });
  }
}

/** A pipeline under test. Reading, or moving the clock, first takes in what was inserted (a barrier). */
export class TestPipeline {
  readonly pipeline: Pipeline;
  readonly engine: Engine;
  readonly #inputs = new Map<string, { decoder: RecordDecoder; batch: Batch; offset: number }>();
  readonly #present = new Map<string, PresentRows>();
  readonly #changes = new Map<string, TestChange[]>();
  readonly #problems: DecodeProblem[] = [];
  #now_us: number;

  constructor(pipeline: Pipeline, options: OpenOptions) {
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
   * Adds events to a source or table, decoded as its JSON records are: objects, or NDJSON text. Values that
   * cannot be read become NULL and are listed in {@link problems}; refused records are not added.
   */
  insert(source: string, events: string | readonly object[]): void {
    const lines =
      typeof events === 'string' ? events.split('\n').filter((l) => l.trim() !== '') : events.map(eventJson);
    const input = this.#input(source);
    const encoder = new TextEncoder();
    for (const line of lines) {
      const payload = encoder.encode(line);
      const bytes = new Uint8Array(payload.length + 8);
      bytes.set(payload);
      input.batch.n = 0;
      const records = {
        partition: 0,
        bytes,
        starts: Int32Array.of(0),
        ends: Int32Array.of(payload.length),
        count: 1,
        offsets: Float64Array.of(input.offset),
        nextOffset: ++input.offset,
      };
      input.decoder.decode(records, 0, input.batch, (problem) => this.#problems.push(problem));
      if (input.batch.n > 0) this.#push(source, input.batch);
    }
  }

  /**
   * Adds rows (weight 1) or takes them away (-1) as datums, in the order of the source's columns. What was taken away
   * leaves every view as if it had never been there. Throws, and changes nothing, for a row that is not there (of a
   * table with a primary key: a key that is not there), and for what only appends: a source, an APPEND ONLY table, a
   * table without a key whose rows come from a connector.
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
    const names = this.pipeline.sources.map((s) => s.name).join(', ');
    throw new Error(`no source or table named '${name}'; there are: ${names}`);
  }

  #input(name: string): { decoder: RecordDecoder; batch: Batch; offset: number } {
    let input = this.#inputs.get(name);
    if (input === undefined) {
      const decoder = createJsonDecoder(this.#definition(name), this.engine.wanted(name), this.engine.pool);
      input = { decoder, batch: this.engine.newBatch(name, 1), offset: 0 };
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

  /** A view's rows, ordered by its key (or by all columns). */
  rows(view: string): TestRow[] {
    return this.datums(view).map((row) => this.#testRow(view, row));
  }

  /** The same as datums (src/values/datum.ts), for exact comparisons. */
  datums(view: string): Datum[][] {
    this.#barrier();
    this.#known(view);
    const reader = this.engine.view(view);
    const rows: Datum[][] = [];
    for (const batch of reader.scan()) for (let i = 0; i < batch.n; i++) rows.push(batch.row(i));
    const key = this.pipeline.views.find((v) => v.name === view)?.key ?? [];
    const order = [...key, ...reader.columns.keys()];
    return rows.sort((a, b) => {
      for (const c of order) {
        const [x, y] = [a[c]!, b[c]!];
        if (x === null || y === null) {
          if (x === y) continue;
          return x === null ? 1 : -1;
        }
        const by = compareDatum(reader.columns[c]!.type, x, y);
        if (by !== 0) return by;
      }
      return 0;
    });
  }

  /** What changed in a view since the last call, in the order of the barriers. */
  changes(view: string): TestChange[] {
    this.#barrier();
    return this.#known(view).splice(0);
  }

  /** The changes of a view that nobody has read. Throws if there is no such view. */
  #known(view: string): TestChange[] {
    const changes = this.#changes.get(view);
    if (changes !== undefined) return changes;
    const names = [...this.#changes.keys()].join(', ');
    const what = this.pipeline.logicalViews.some(({ name }) => name === view)
      ? `'${view}' is a plain view, which holds no rows`
      : `no materialized view named '${view}'`;
    throw new Error(`${what}; there are: ${names}`);
  }

  /** What could not be read, since the last call. */
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
