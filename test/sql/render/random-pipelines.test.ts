import { beforeAll, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../../src/engine/engine.ts';
import type { Pipeline } from '../../../src/plan/pipeline.ts';
import { bindPipeline } from '../../../src/pipeline/bind.ts';
import { checkPipeline } from '../../../src/pipeline/check.ts';
import { loadParser } from '../../../src/sql/parser.ts';
import type { Row } from '../../oracle/row-order.ts';
import { randomCommands, START_US } from '../../oracle/support/random-commands.ts';
import { randomPipeline } from '../../oracle/support/random-sql.ts';
import { Random } from '../../oracle/support/random.ts';
import { contents, difference } from '../../oracle/support/view-rows.ts';
import { checked, rendering } from './support/render.ts';

// The random pipelines that test the engine are rendered for RisingWave, and run beside the original over random rows,
// deletions and times. What RisingWave has no form for is refused; the rest holds equal rows after every barrier.

const SEED = Number(process.env['FRESHET_RENDER_SEED'] ?? 1);
const RUNS = Number(process.env['FRESHET_RENDER_RUNS'] ?? 25);

beforeAll(loadParser);

test('random pipelines have equal rows when they are rendered', { timeout: 1_200_000 }, async () => {
  let renderedRuns = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const random = new Random(seed);
    const sql = randomPipeline(random);
    const original = runnable(sql);
    if (original === undefined) continue;
    const { files, diagnostics } = await rendering(sql);
    if (diagnostics.some((d) => d.severity === 'error')) continue;
    renderedRuns++;
    const text = files.get('test.sql')!.replaceAll('${KAFKA_BROKERS}', 'k:9092');
    const { pipeline } = checked(text);
    expect(firstDifference(original, pipeline, random), `seed ${seed}\n${sql}\n${text}`).toBeUndefined();
  }
  expect(renderedRuns).toBeGreaterThan(RUNS / 8);
});

/** Returns the pipeline of some SQL; undefined if it is refused. */
function runnable(sql: string): Pipeline | undefined {
  return checkPipeline(bindPipeline('random', [{ name: 'random.sql', text: sql }], {})).pipeline;
}

function firstDifference(original: Pipeline, other: Pipeline, random: Random): string | undefined {
  const engines = [original, other].map((pipeline) => ({
    engine: createEngine(pipeline, { now_us: START_US }),
    // A source that is NOT NULL has another name when it is rendered.
    sources: new Set(pipeline.sources.map(({ name }) => name)),
  }));
  const rows = new Map<string, Row[]>();
  let now_us = START_US;
  for (const command of randomCommands(random, 16)) {
    if (command.kind === 'advance') now_us = command.to_us;
    else if (command.kind === 'push') {
      rows.set(command.source, [...(rows.get(command.source) ?? []), ...command.rows]);
      for (const each of engines) push(each, command.source, command.rows, 1);
    } else {
      const { source, row } = command;
      const before = rows.get(source) ?? [];
      const isGone = (r: Row): boolean => (source === 'facts' ? r === row : r[0] === row[0]);
      const gone = before.findLast(isGone);
      if (gone === undefined) continue;
      rows.set(
        source,
        before.filter((r) => !isGone(r)),
      );
      for (const each of engines) push(each, source, [gone], -1);
    }
    for (const { engine } of engines) engine.barrier(now_us);
    for (const view of original.views) {
      const renderedView = other.views.find((v) => v.name === view.name)!;
      const [one, two] = engines.map(({ engine }) => engine) as [Engine, Engine];
      const found = difference(contents(one, view), contents(two, renderedView));
      if (found !== undefined) return `${view.name} at ${new Date(now_us / 1000).toISOString()}: ${found}`;
    }
  }
  return undefined;
}

function push(
  { engine, sources }: { readonly engine: Engine; readonly sources: ReadonlySet<string> },
  source: string,
  rows: readonly Row[],
  weight: 1 | -1,
): void {
  const name = sources.has(source) ? source : `${source}_received`;
  const batch = engine.newBatch(name, rows.length);
  for (const row of rows) batch.append(row, weight);
  engine.push(name, batch);
}
