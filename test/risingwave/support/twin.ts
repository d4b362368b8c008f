import { setTimeout as sleep } from 'node:timers/promises';
import { bindPipeline } from '../../../src/pipeline/bind.ts';
import type { SourceDef, ViewDef } from '../../../src/plan/pipeline.ts';
import type { RenderedPipeline } from '../../../src/sql/target/rendered.ts';
import type { TestPipeline } from '../../../src/testing/index.ts';
import { castDatum } from '../../../src/values/cast.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { messageOf } from '../../../src/values/error-message.ts';
import { VARCHAR } from '../../../src/values/types.ts';
import { comparableRow } from './comparable.ts';
import { deleteFrom, insertInto, quoted, tableOf } from './literals.ts';
import type { ViewServer } from './view-server.ts';

/** Rows in one INSERT. */
const CHUNK_ROWS = 200;
const POLL_MS = 200;
/** Rows of a view that a difference lists. */
const MAX_SHOWN = 5;

/**
 * A pipeline in this process and the same one, rendered, in a database. Both get the same rows; their materialized
 * views are compared row by row. The clock of the one here follows the machine's.
 *
 * In the database sources are tables without a connector, so that rows can be inserted, and there are no sinks.
 */
export class Twin {
  readonly #here: TestPipeline;
  readonly #there: ViewServer;
  readonly #sources: ReadonlyMap<string, SourceDef>;

  private constructor(here: TestPipeline, there: ViewServer, sources: ReadonlyMap<string, SourceDef>) {
    this.#here = here;
    this.#there = there;
    this.#sources = sources;
  }

  /** Creates tables and views in the database. Rejects with its error and the statement that it refuses. */
  static async open(here: TestPipeline, rendered: RenderedPipeline, there: ViewServer): Promise<Twin> {
    const sources = new Map(sourcesOf(rendered).map((source) => [source.name, source]));
    for (const { kind, name, sql, file, line } of rendered.statements) {
      if (kind === 'sink') continue;
      const source = sources.get(name);
      const text = source === undefined ? sql : tableOf(source);
      try {
        await there.run(text);
      } catch (cause) {
        throw new Error(`${file}:${line}: the database refuses ${name}: ${messageOf(cause)}\n${text}`, {
          cause,
        });
      }
    }
    return new Twin(here, there, sources);
  }

  /** Inserts rows, whose values are in the order of the source's columns. */
  async insert(source: string, rows: readonly (readonly Datum[])[]): Promise<void> {
    for (let i = 0; i < rows.length; i += CHUNK_ROWS)
      await this.#there.run(insertInto(this.#source(source), rows.slice(i, i + CHUNK_ROWS)));
    this.#here.insertDatums(source, rows);
  }

  /** Deletes rows that were inserted into a table with a key. */
  async delete(source: string, rows: readonly (readonly Datum[])[]): Promise<void> {
    for (const row of rows) await this.#there.run(deleteFrom(this.#source(source), row));
    this.#here.insertDatums(source, rows, -1);
  }

  /**
   * Compares all views until they are equal. Returns how they differ if they still do after `within_ms`: the database
   * sees the clock a little later than this process.
   */
  async differences(within_ms = 60_000): Promise<readonly string[]> {
    const until_ms = performance.now() + within_ms;
    for (;;) {
      await this.#there.settle();
      this.#here.advanceTo(new Date());
      const found: string[] = [];
      for (const view of this.#here.pipeline.views) found.push(...(await this.#compare(view)));
      if (found.length === 0 || performance.now() > until_ms) return found;
      await sleep(POLL_MS);
    }
  }

  /** Returns the rows of a view here. */
  rows(view: string): Record<string, unknown>[] {
    this.#here.advanceTo(new Date());
    return this.#here.rows(view);
  }

  async #compare({ name, columns }: ViewDef): Promise<readonly string[]> {
    const list = columns.map((column) => `${quoted(column.name)}::varchar`).join(', ');
    const texts = await this.#there.texts(`SELECT ${list} FROM ${quoted(name)}`);
    const theirs = texts.map((row) =>
      comparableRow(
        columns,
        row.map((text, i) => (text === null ? null : castDatum(text, VARCHAR, columns[i]!.type))),
      ),
    );
    const ours = this.#here.datums(name).map((row) => comparableRow(columns, row));
    const [onlyHere, onlyThere] = [without(ours, theirs), without(theirs, ours)];
    if (onlyHere.length + onlyThere.length === 0) return [];
    const shown = (rows: readonly string[]): string =>
      rows.length === 0 ? 'none' : rows.slice(0, MAX_SHOWN).join(', ');
    return [
      `${name}: ${ours.length} rows here, ${theirs.length} there; only here (${onlyHere.length}): ` +
        `${shown(onlyHere)}; only there (${onlyThere.length}): ${shown(onlyThere)}`,
    ];
  }

  #source(name: string): SourceDef {
    const source = this.#sources.get(name);
    if (source === undefined) throw new Error(`the rendered pipeline has no source or table ${name}`);
    return source;
  }
}

/** Returns the sources and tables of a rendered pipeline. */
function sourcesOf({ statements }: RenderedPipeline): readonly SourceDef[] {
  const texts = statements.flatMap(({ kind, sql }) =>
    kind === 'source' || kind === 'table' ? [`${sql}\n;`] : [],
  );
  const { runnable, diagnostics } = bindPipeline(
    'rendered',
    [{ name: 'sources.sql', text: texts.join('\n') }],
    {},
  );
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(`the sources of the rendered pipeline: ${error.message}`);
  return runnable.sources;
}

/** Returns the rows that are in `rows` more often than in `others`. */
function without(rows: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}
