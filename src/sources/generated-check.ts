import { Batch } from '../engine/batch.ts';
import { StringPool } from '../engine/text/string-pool.ts';
import { evaluate } from '../plan/evaluate.ts';
import { children, type Expr } from '../plan/expr.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import { SqlValueError } from '../values/sql-error.ts';
import type { DecodeProblem, RecordDecoder } from './decoder.ts';
import type { RecordBatch } from './source.ts';

interface Checked {
  readonly name: string;
  readonly expr: Expr;
  /** Names of the columns that `expr` reads. */
  readonly inputs: ReadonlySet<string>;
}

/**
 * Returns a decoder made by `make` that also refuses records for which a generated column that is NOT NULL or part of
 * the primary key has no value. The engine computes generated columns after decoding, when a record can no longer be
 * refused. `make` receives `wanted` plus the columns that the checked expressions read.
 */
export function withGeneratedChecked(
  source: SourceDef,
  wanted: readonly boolean[],
  make: (wanted: readonly boolean[]) => RecordDecoder,
): RecordDecoder {
  const checked: Checked[] = [];
  source.columns.forEach(({ name, generated, notNull }, i) => {
    if (generated !== undefined && (notNull || source.primaryKey.includes(i)))
      checked.push({
        name,
        expr: generated,
        inputs: new Set(columnsOf(generated).map((c) => source.columns[c]!.name)),
      });
  });
  if (checked.length === 0) return make(wanted);
  const inputs = new Set(checked.flatMap(({ expr }) => columnsOf(expr)));
  const read = source.columns.map((_, i) => wanted[i] === true || inputs.has(i));
  return new GeneratedCheck(source, { checked, wanted, read, decoder: make(read) });
}

/** Decodes records one at a time into a one-row batch, and copies the row to the output if it passes. */
class GeneratedCheck implements RecordDecoder {
  readonly #source: SourceDef;
  readonly #checked: readonly Checked[];
  readonly #wanted: readonly boolean[];
  readonly #read: readonly boolean[];
  readonly #decoder: RecordDecoder;
  #row: Batch | undefined;

  constructor(
    source: SourceDef,
    parts: {
      readonly checked: readonly Checked[];
      readonly wanted: readonly boolean[];
      readonly read: readonly boolean[];
      readonly decoder: RecordDecoder;
    },
  ) {
    this.#source = source;
    this.#checked = parts.checked;
    this.#wanted = parts.wanted;
    this.#read = parts.read;
    this.#decoder = parts.decoder;
  }

  decode(
    records: RecordBatch,
    from: number,
    batch: Batch,
    onProblem: (problem: DecodeProblem, record: number) => void,
  ): number {
    const row = (this.#row ??= this.#newRow(batch));
    /** Problems of the record in `row`: reported if the row is kept, otherwise part of the reason for its refusal. */
    let ofRow: DecodeProblem[] = [];
    let i = from;
    while (i < records.count && batch.n < batch.capacity) {
      row.n = 0;
      let at = -1;
      i = this.#decoder.decode(records, i, row, (problem, record) => {
        if (problem.refused || problem.reason === 'misspelt') return onProblem(problem, record);
        if (record !== at) ofRow = [];
        at = record;
        ofRow.push(problem);
      });
      if (row.n === 0) break; // all remaining records were refused, or one empties the table
      if (at !== i - 1) ofRow = [];
      const refused = row.weights[0]! < 0 ? undefined : this.#check(row, ofRow);
      if (refused !== undefined) {
        onProblem(refused, i - 1);
        continue;
      }
      this.#keep(row, batch);
      for (const problem of ofRow) onProblem(problem, i - 1);
    }
    batch.hasSlots = false;
    return i;
  }

  takeTruncate(): boolean {
    return this.#decoder.takeTruncate?.() ?? false;
  }

  #check(row: Batch, ofRow: readonly DecodeProblem[]): DecodeProblem | undefined {
    for (const { name, expr, inputs } of this.#checked) {
      let why = 'its expression is NULL';
      try {
        if (evaluate(expr, (column) => row.column(column).get(0), NaN) !== null) continue;
      } catch (error) {
        if (!(error instanceof SqlValueError)) throw error;
        why = error.message;
      }
      const causes = ofRow.filter(({ column = '' }) => inputs.has(column)).map((problem) => problem.message);
      const message = [`column "${name}" must not be NULL: ${why}`, ...causes].join('; ');
      return { reason: 'not_null', column: name, message, refused: true };
    }
    return undefined;
  }

  #keep(row: Batch, batch: Batch): void {
    this.#wanted.forEach((isWanted, c) => {
      if (isWanted) batch.column(c).copy(batch.n, row.column(c), 0);
    });
    batch.weights[batch.n] = row.weights[0]!;
    batch.n++;
  }

  /** Returns a one-row batch on the text pool of `batch`, so that texts are copied by id. */
  #newRow(batch: Batch): Batch {
    const types = this.#source.columns.map(({ type }) => type);
    const pool = batch.columns.find((column) => column !== undefined)?.pool ?? new StringPool();
    return new Batch(types, 1, pool, this.#read);
  }
}

function columnsOf(e: Expr): number[] {
  return e.kind === 'column' ? [e.index] : children(e).flatMap(columnsOf);
}
