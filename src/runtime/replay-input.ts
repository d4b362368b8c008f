import { basename } from 'node:path';
import { Batch } from '../engine/batch.ts';
import type { Kernel } from '../engine/contract.ts';
import { evaluate } from '../plan/evaluate.ts';
import type { Expr } from '../plan/expr.ts';
import { children } from '../plan/expr.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import { openFileSource } from '../sources/file/open.ts';
import { formatOfFile, framingOf } from '../sources/formats.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { stableOrder } from './stable-order.ts';

const CHUNK_ROWS = 1 << 15;
const POLL_WAIT_MS = 1000;

/** Counts of the records of one source. */
export interface ReplayInputReport {
  readonly source: string;
  readonly records: number;
  /** Rows pushed to the views. */
  readonly rows: number;
  /** Number of those rows without an event time; they are pushed before all others. */
  readonly untimed: number;
  /** Rows later than the as-of time, which are left out. */
  readonly later: number;
  readonly refused: number;
  /** Fields read as NULL because their values do not fit. */
  readonly nulled: number;
}

export interface ReplayProblem {
  readonly source: string;
  readonly file: string;
  /** Byte position of the record in the file. */
  readonly offset: string;
  readonly reason: string;
  readonly message: string;
  readonly refused: boolean;
}

export interface ReplayInputOptions {
  readonly source: SourceDef;
  readonly paths: readonly string[];
  /** Position of the event-time column; undefined if the rows have no time. */
  readonly timeColumn: number | undefined;
  readonly asOf_us: number;
  readonly kernel: Kernel;
  readonly maxRecordBytes?: number | undefined;
  onProblem(problem: ReplayProblem): void;
  onProgress(records: number): void;
}

/**
 * The rows of one source, in columns, ordered by event time. Files are read once, and only columns that a plan reads
 * are kept, so that tens of millions of rows fit in memory.
 */
export class ReplayInput {
  readonly source: string;
  readonly report: ReplayInputReport;
  readonly #kernel: Kernel;
  readonly #chunks: readonly Batch[];
  readonly #times: Float64Array;
  readonly #order: Uint32Array;
  readonly #out: Batch;
  /** Index of the next row in the order. */
  #next = 0;

  constructor(
    options: ReplayInputOptions,
    loaded: { chunks: readonly Batch[]; times: Float64Array; rows: number; report: ReplayInputReport },
  ) {
    this.source = options.source.name;
    this.report = loaded.report;
    this.#kernel = options.kernel;
    this.#chunks = loaded.chunks;
    this.#times = loaded.times;
    this.#order = stableOrder(loaded.times, loaded.rows);
    this.#out = options.kernel.newBatch(this.source, CHUNK_ROWS);
  }

  /** Event time of the next row: -Infinity for a row without a time, Infinity if there is no row. */
  get nextTime_us(): number {
    return this.#next < this.#order.length ? this.#times[this.#order[this.#next]!]! : Infinity;
  }

  /** Event time of the first row with a time; Infinity if there is none. */
  get firstTime_us(): number {
    const { untimed } = this.report;
    return untimed < this.#order.length ? this.#times[this.#order[untimed]!]! : Infinity;
  }

  /** Event time of the last row with a time; -Infinity if there is none. */
  get lastTime_us(): number {
    return this.#order.length === 0 ? -Infinity : this.#times[this.#order.at(-1)!]!;
  }

  /** Number of rows pushed so far. */
  get pushedRows(): number {
    return this.#next;
  }

  /** Pushes rows earlier than `time_us`, up to a chunk of them. Returns false if there was none. */
  pushSomeBefore(time_us: number): boolean {
    const out = this.#out;
    out.n = 0;
    while (out.n < CHUNK_ROWS && this.nextTime_us < time_us) this.#copy(this.#order[this.#next++]!);
    if (out.n === 0) return false;
    this.#kernel.push(this.source, out);
    return true;
  }

  #copy(row: number): void {
    const out = this.#out;
    const chunk = this.#chunks[Math.floor(row / CHUNK_ROWS)]!;
    const { columns } = out;
    const at = row % CHUNK_ROWS;
    for (let c = 0; c < columns.length; c++) columns[c]?.copy(out.n, chunk.column(c), at);
    out.weights[out.n] = chunk.weights[at]!;
    out.n++;
  }
}

/** Reads and decodes the files. Rejects with SourceError if one cannot be read. */
export async function loadReplayInput(options: ReplayInputOptions): Promise<ReplayInput> {
  const rows = new RowStore(options);
  const counts = { records: 0, refused: 0, nulled: 0 };
  for (const path of options.paths) await readFile(path, options, rows, counts);
  const { chunks, times, kept, untimed, later } = rows.finish();
  const report = { source: options.source.name, ...counts, rows: kept, untimed, later };
  return new ReplayInput(options, { chunks, times, rows: kept, report });
}

async function readFile(
  path: string,
  options: ReplayInputOptions,
  rows: RowStore,
  counts: { records: number; refused: number; nulled: number },
): Promise<void> {
  const { source, maxRecordBytes } = options;
  const format = formatOfFile(path, source);
  const reader = openFileSource({
    name: source.name,
    path,
    framing: framingOf(format, source),
    maxRecordBytes,
  });
  const { pool } = options.kernel;
  const decoder = format.createDecoder(source, rows.wanted, pool, { maxRecordBytes });
  const misspelt = new Set<string>();
  await reader.open(new Map());
  try {
    while (!reader.ended) {
      const records = await reader.poll(CHUNK_ROWS, POLL_WAIT_MS);
      if (records === undefined) continue;
      for (let from = 0; from < records.count;) {
        const batch = rows.room();
        const before = batch.n;
        from = decoder.decode(records, from, batch, (problem, record) => {
          if (problem.field !== undefined) {
            if (misspelt.has(problem.field)) return;
            misspelt.add(problem.field);
          } else if (problem.refused) counts.refused++;
          else counts.nulled++;
          const { reason, message, refused } = problem;
          const offset = records.offsetOf(record);
          options.onProblem({ source: source.name, file: basename(path), offset, reason, message, refused });
        });
        rows.took(before);
        if (decoder.takeTruncate?.() === true) rows.clear();
      }
      counts.records += records.count;
      options.onProgress(records.count);
    }
  } finally {
    await reader.close();
  }
}

/** Collects rows in chunks of equal size, with the time of each. Drops rows after the as-of time at once. */
class RowStore {
  readonly wanted: readonly boolean[];
  readonly #options: ReplayInputOptions;
  readonly #generated: Expr | undefined;
  readonly #chunks: Batch[] = [];
  #times = new Float64Array(CHUNK_ROWS);
  #untimed = 0;
  #later = 0;

  constructor(options: ReplayInputOptions) {
    this.#options = options;
    const { source, timeColumn, kernel } = options;
    this.#generated = timeColumn === undefined ? undefined : source.columns[timeColumn]!.generated;
    const needed = new Set(this.#generated === undefined ? [timeColumn] : columnsOf(this.#generated));
    this.wanted = kernel.wanted(source.name).map((wanted, i) => wanted || needed.has(i));
  }

  /** Returns a chunk with room for at least one row. */
  room(): Batch {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.n < CHUNK_ROWS) return last;
    const { source, kernel } = this.#options;
    const types = source.columns.map((column) => column.type);
    const chunk = new Batch(types, CHUNK_ROWS, kernel.pool, this.wanted);
    this.#chunks.push(chunk);
    return chunk;
  }

  /** Records the times of the rows added to the last chunk from index `before` on; drops rows after the as-of time. */
  took(before: number): void {
    const chunk = this.#chunks.at(-1)!;
    const base = (this.#chunks.length - 1) * CHUNK_ROWS;
    if (base + CHUNK_ROWS > this.#times.length) {
      const grown = new Float64Array(this.#times.length * 2);
      grown.set(this.#times);
      this.#times = grown;
    }
    let kept = before;
    for (let i = before; i < chunk.n; i++) {
      const time_us = this.#timeOf(chunk, i);
      if (time_us > this.#options.asOf_us) {
        this.#later++;
        continue;
      }
      if (time_us === -Infinity) this.#untimed++;
      if (kept < i) for (const column of chunk.columns) column?.copy(kept, column, i);
      chunk.weights[kept] = chunk.weights[i]!;
      this.#times[base + kept] = time_us;
      kept++;
    }
    chunk.n = kept;
  }

  /** Forgets all rows: a record empties the table, whose rows have no times. */
  clear(): void {
    this.#chunks.length = 0;
    this.#untimed = 0;
  }

  finish() {
    const last = this.#chunks.at(-1);
    const kept = last === undefined ? 0 : (this.#chunks.length - 1) * CHUNK_ROWS + last.n;
    return { chunks: this.#chunks, times: this.#times, kept, untimed: this.#untimed, later: this.#later };
  }

  /** Returns the event time of a row; -Infinity without one, so that it sorts before all others. */
  #timeOf(chunk: Batch, i: number): number {
    const { timeColumn } = this.#options;
    if (timeColumn === undefined) return -Infinity;
    if (this.#generated !== undefined) return this.#evaluate(this.#generated, chunk, i);
    const column = chunk.column(timeColumn);
    return column.nulls[i] === 1 ? -Infinity : (column.v[i] as number);
  }

  #evaluate(expr: Expr, chunk: Batch, i: number): number {
    try {
      const time_us = evaluate(expr, (index) => chunk.column(index).get(i), this.#options.asOf_us);
      return time_us === null ? -Infinity : (time_us as number);
    } catch (error) {
      if (error instanceof SqlValueError) return -Infinity; // NULL, as in the views
      throw error;
    }
  }
}

function columnsOf(e: Expr): number[] {
  return e.kind === 'column' ? [e.index] : children(e).flatMap(columnsOf);
}
