import { expect } from 'vitest';
import { createEngine } from '../../../src/engine/engine.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { Pipeline } from '../../../src/plan/pipeline.ts';
import { bindPipeline } from '../../../src/pipeline/bind.ts';
import { renderDiagnostic } from '../../../src/sql/diagnostic.ts';
import { loadParser } from '../../../src/sql/parser.ts';
import { castDatum } from '../../../src/values/cast.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { formatDatum } from '../../../src/values/text.ts';
import { TIMESTAMPTZ, VARCHAR } from '../../../src/values/types.ts';
import type { SqlType } from '../../../src/values/types.ts';

/**
 * Runs `script` against the views of `sql` and checks every change. A script is lines of:
 *
 * ```
 * @ 2026-03-15 12:00       the clock moves
 * t + 1 a 5                a row is inserted into source or table t; . is NULL
 * t - 1 a 5                a row is retracted from table t
 * => v + 1 5               a barrier that reports exactly these changes of views, in this order
 * =>                       a barrier that reports no change
 * ```
 *
 * The script runs several times: with rows pushed in chunks of 1, 2 and 3, with generated code and with the
 * interpreter, with the state restored into a new engine after every barrier, and with unreferenced texts freed after
 * every barrier (chunks of 2). Every run must report the expected changes.
 */
export async function expectScript(sql: string, script: string): Promise<void> {
  await loadParser();
  const checked = bindPipeline('test', [{ name: 'test.sql', text: sql }], {});
  const errors = checked.diagnostics.filter((d) => d.severity === 'error');
  if (checked.pipeline === undefined)
    throw new Error(errors.map((d) => renderDiagnostic(d, checked.files)).join('\n'));
  const steps = parse(script);
  const expected = steps.map((s) => s.expected.join('\n'));
  for (const interpret of [false, true]) {
    for (const chunk of [1, 2, 3]) {
      for (const restart of [false, true]) {
        const how = `chunks of ${chunk}${interpret ? ', interpreted' : ''}${restart ? ', restarted' : ''}`;
        expect({ how, changes: run(checked.pipeline, steps, { interpret, chunk, restart }) }).toEqual({
          how,
          changes: expected,
        });
      }
    }
  }
}

interface Step {
  readonly now: string | undefined;
  readonly rows: { readonly source: string; readonly weight: 1 | -1; readonly values: readonly string[] }[];
  readonly expected: string[];
}

function parse(script: string): Step[] {
  const steps: { now: string | undefined; rows: Step['rows']; expected: string[] }[] = [];
  let step: (typeof steps)[0] | undefined;
  for (const raw of script.split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    const expecting = line.startsWith('=>');
    if (step === undefined || (!expecting && step.expected.length > 0)) {
      step = { now: undefined, rows: [], expected: [] };
      steps.push(step);
    }
    if (expecting) step.expected.push(line.slice(2).trim());
    else if (line.startsWith('@')) step.now = line.slice(1).trim();
    else {
      const [source, sign, ...values] = words(line);
      step.rows.push({ source: source!, weight: sign === '-' ? -1 : 1, values });
    }
  }
  return steps.map((s) => ({ ...s, expected: s.expected.filter((e) => e !== '') }));
}

/** Splits a line into words; a word with spaces is in quotes. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2]!);
}

function run(
  pipeline: Pipeline,
  steps: readonly Step[],
  options: { interpret: boolean; chunk: number; restart: boolean },
): string[] {
  let now_us = instant(steps[0]?.now ?? '2026-03-15 12:00');
  const open = (): Engine => createEngine(pipeline, { now_us, interpret: options.interpret, observe: 'all' });
  let engine = open();
  return steps.map((step) => {
    for (let from = 0; from < step.rows.length;) {
      const source = step.rows[from]!.source;
      const batch = engine.newBatch(source, options.chunk);
      const columns = pipeline.sources.find((s) => s.name === source)!.columns;
      while (from < step.rows.length && step.rows[from]!.source === source && batch.n < options.chunk) {
        const { values, weight } = step.rows[from++]!;
        const row = columns.map((c, i) => literal(values[i]!, c.type));
        batch.append(row, weight);
      }
      engine.push(source, batch);
    }
    if (step.now !== undefined) now_us = instant(step.now);
    const lines: string[] = [];
    for (const { view, changes } of engine.barrier(now_us)) {
      const types = engine.view(view).columns.map((c) => c.type);
      for (let i = 0; i < changes.n; i++) {
        const row = changes.row(i).map((v, c) => show(types[c]!, v));
        lines.push(`${view} ${changes.weights[i] === 1 ? '+' : '-'} ${row.join(' ')}`);
      }
    }
    expect(engine.takeErrors()).toEqual([]);
    if (options.chunk === 2) engine.sweepTexts();
    if (options.restart) {
      const blocks = new Map<string, Uint8Array>();
      engine.save({ block: (name, bytes) => blocks.set(name, bytes.slice()) });
      engine = open();
      engine.restore({ block: (name) => blocks.get(name)!, has: (name) => blocks.has(name) });
    }
    return lines.join('\n');
  });
}

function instant(text: string): number {
  return castDatum(text, VARCHAR, TIMESTAMPTZ) as number;
}

function literal(text: string, type: SqlType): Datum {
  return text === '.' ? null : castDatum(text, VARCHAR, type);
}

function show(type: SqlType, value: Datum): string {
  if (value === null) return '.';
  const text = formatDatum(type, value);
  return text.includes(' ') ? `'${text}'` : text;
}
