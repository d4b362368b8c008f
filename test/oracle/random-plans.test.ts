import { beforeAll, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { viewOnlyAppends } from '../../src/plan/append-only.ts';
import { ContinuousClockError } from '../../src/plan/continuous-clock-error.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { evaluateView } from './naive.ts';
import type { Row } from './row-order.ts';
import { copiedEngine } from './support/copied-engine.ts';
import { type Command, randomCommands, START_US } from './support/random-commands.ts';
import { randomAggregate, randomPipeline } from './support/random-sql.ts';
import { Random } from './support/random.ts';
import { multiset, contents, applyChanges, difference, repeatedKey } from './support/view-rows.ts';

// Random pipelines over random rows. After every barrier:
//   - each view equals its naive evaluation over all rows so far;
//   - the engine's reported changes, applied to a copy of the view, yield the view;
//   - in a view with a key, each key changes at most once, and no unchanged row is retracted and inserted again;
//   - a view whose plan only appends reports no retraction;
//   - a view's row count is the number of its rows;
//   - an engine that interprets holds the same rows; for every second seed it has a barrier after each row;
//   - an engine that was restored from a snapshot, twice during the run, holds the same rows;
//   - engines that take the same steps report the same evaluation errors with the same counts.
// Single aggregates are also compared over many rows at once, so that their state grows within a batch.
// A failure prints its seed; FRESHET_PLAN_SEED=<seed> FRESHET_PLAN_RUNS=1 repeats it.

const FIRST_SEED = Number(process.env['FRESHET_PLAN_SEED'] ?? 1);
const RUNS = Number(process.env['FRESHET_PLAN_RUNS'] ?? 72);
const WIDE_RUNS = Math.ceil(RUNS / 8);
const COMMANDS = 20;
const LIMIT_MS = Math.max(900_000, RUNS * 1000);

beforeAll(() => loadParser());

test(
  `random pipelines equal their naive evaluation (${RUNS} from seed ${FIRST_SEED})`,
  () => {
    const refused = checkAll(RUNS, randomPipeline, (random) => randomCommands(random, COMMANDS));
    // The grammar produces supported SQL. A binder that refuses much of it would hide all other faults.
    expect(refused).toBeLessThan(RUNS * 0.1 + 1);
  },
  LIMIT_MS,
);

test(
  `random aggregates of many rows equal their naive evaluation (${WIDE_RUNS} from seed ${FIRST_SEED})`,
  () => {
    const many = { rows: 900, keys: 700 };
    const refused = checkAll(WIDE_RUNS, randomAggregate, (random) => randomCommands(random, 10, many));
    expect(refused).toBeLessThan(WIDE_RUNS * 0.1 + 1);
  },
  LIMIT_MS,
);

/** Runs `runs` pipelines. Returns the number of refused ones. Throws for the first that fails. */
function checkAll(runs: number, sqlOf: (r: Random) => string, commandsOf: (r: Random) => Command[]): number {
  let refused = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + runs; seed++) {
    const random = new Random(seed);
    const sql = sqlOf(random);
    const pipeline = bound(sql);
    if (pipeline === undefined) {
      refused++;
      continue;
    }
    const commands = commandsOf(random);
    const rowByRow = seed % 2 === 1;
    const failure = run(pipeline, commands, rowByRow);
    if (failure !== undefined) throw report({ seed, sql, pipeline, rowByRow }, commands);
  }
  return refused;
}

/** Binds the SQL. Returns undefined if it has an error or a value that changes continuously with the clock. */
function bound(sql: string): Pipeline | undefined {
  const { pipeline } = bindPipeline('random', [{ name: 'random.sql', text: sql }], {});
  if (pipeline === undefined) return undefined;
  try {
    createEngine(pipeline, { now_us: START_US });
    return pipeline;
  } catch (error) {
    if (error instanceof ContinuousClockError) return undefined;
    throw error;
  }
}

/** Runs the commands. Returns the first failure, or undefined. */
function run(pipeline: Pipeline, commands: readonly Command[], rowByRow: boolean): string | undefined {
  try {
    const rows = new Map<string, Row[]>();
    const options = { now_us: START_US, observe: 'all' } as const;
    const engines = {
      main: createEngine(pipeline, options),
      slow: createEngine(pipeline, { ...options, interpret: true }),
    };
    const shadows = new Map(pipeline.views.map((v) => [v.name, new Map<string, number>()]));
    const clocked = usesClock(pipeline);
    let restored: Engine | undefined;
    let now_us = START_US;
    for (const [i, command] of [{ kind: 'advance', to_us: START_US } as const, ...commands].entries()) {
      const before = rows.get(command.kind === 'advance' ? '' : command.source) ?? [];
      if (command.kind === 'advance') now_us = command.to_us;
      else if (command.kind === 'delete') {
        const { source, row } = command;
        const isGone = (r: Row): boolean => (source === 'facts' ? r === row : r[0] === row[0]);
        const gone = before.findLast(isGone);
        if (gone === undefined) continue;
        // In a table with a key, the rows that the deleted row replaced do not come back.
        rows.set(
          source,
          before.filter((r) => !isGone(r)),
        );
        for (const engine of [engines.main, engines.slow, restored]) {
          if (engine !== undefined) push(engine, source, [gone], -1);
        }
        if (rowByRow) engines.slow.barrier(now_us);
        if (!command.barrier && i < commands.length) continue;
      } else {
        rows.set(command.source, [...before, ...command.rows]);
        push(engines.main, command.source, command.rows);
        if (restored !== undefined) push(restored, command.source, command.rows);
        if (!rowByRow || command.rows.length > 100) push(engines.slow, command.source, command.rows);
        else {
          for (const row of command.rows) {
            push(engines.slow, command.source, [row]);
            engines.slow.barrier(now_us);
          }
        }
        if (!command.barrier && i < commands.length) continue;
      }
      const where = `after command ${i} (${new Date(now_us / 1000).toISOString()})`;
      for (const { view, changes } of engines.main.barrier(now_us)) {
        const def = pipeline.views.find((v) => v.name === view)!;
        const wrong = applyChanges(def, changes, shadows.get(view)!);
        if (wrong !== undefined) return `${view} ${where}: ${wrong}`;
        if (
          viewOnlyAppends(view, pipeline) &&
          changes.weights.subarray(0, changes.n).some((weight) => weight < 0)
        )
          return `${view} ${where}: an append-only view retracted a row`;
      }
      engines.slow.barrier(now_us);
      restored?.barrier(now_us);
      const errors = errorsOf(engines.main);
      // Generated code counts an error of a clock expression once, the interpreter once per row.
      const alike = !rowByRow && !clocked;
      const others = alike ? [engines.slow, restored] : [restored];
      for (const other of others) {
        const own = other === undefined ? errors : errorsOf(other);
        if (own !== errors) return `${where}: errors differ from those of the engine (${errors}): ${own}`;
      }
      for (const view of pipeline.views) {
        const evaluated = evaluateView(pipeline, view.name, rows, now_us);
        const expected = multiset(view, evaluated);
        const twice = repeatedKey(view, evaluated);
        if (twice !== undefined) return `${view.name} ${where}: ${twice}`;
        const holders = [
          ['the engine', contents(engines.main, view)],
          ['its reported changes', shadows.get(view.name)!],
          ['the interpreter', contents(engines.slow, view)],
          ['the restored engine', restored === undefined ? expected : contents(restored, view)],
        ] as const;
        for (const [who, actual] of holders) {
          const found = difference(expected, actual);
          if (found !== undefined) return `${view.name} ${where}: ${who} ${found}`;
        }
        const size = [...expected.values()].reduce((n, copies) => n + copies, 0);
        for (const engine of [engines.main, engines.slow, restored]) {
          const count = engine?.view(view.name).rowCount ?? size;
          if (count !== size) return `${view.name} ${where}: ${size} rows, but a row count of ${count}`;
        }
      }
      // A sweep frees the ids of unreferenced texts, and new texts reuse them.
      engines.slow.sweepTexts();
      if (i % 3 === 2) engines.main.sweepTexts();
      if (i % 7 === 6) restored = copiedEngine(restored ?? engines.main, pipeline, START_US);
    }
    return undefined;
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : String(error)}`;
  }
}

function usesClock(pipeline: Pipeline): boolean {
  const text = JSON.stringify(pipeline.views, (_, x: unknown) => (typeof x === 'bigint' ? String(x) : x));
  return text.includes('"kind":"now"');
}

/** Returns the errors since the last call, sorted. */
function errorsOf(engine: Engine): string {
  return engine
    .takeErrors()
    .map(({ view, code, message, count }) => `${view} ${code} ${message}: ${count}`)
    .sort()
    .join('; ');
}

function push(engine: Engine, source: string, rows: readonly Row[], weight = 1): void {
  const batch = engine.newBatch(source, rows.length);
  for (const row of rows) batch.append(row, weight);
  engine.push(source, batch);
}

interface Failed {
  readonly seed: number;
  readonly sql: string;
  readonly pipeline: Pipeline;
  readonly rowByRow: boolean;
}

/** Reduces the failure to the fewest commands that still cause it. */
function report({ seed, sql, pipeline, rowByRow }: Failed, all: readonly Command[]): Error {
  let commands = all;
  for (let i = 0; i < commands.length;) {
    const fewer = commands.toSpliced(i, 1);
    if (run(pipeline, fewer, rowByRow) === undefined) i++;
    else commands = fewer;
  }
  const steps = commands.map((c) =>
    c.kind === 'advance'
      ? `  clock ${new Date(c.to_us / 1000).toISOString()}`
      : c.kind === 'delete'
        ? `  ${c.source}: - (${c.row.map(String).join(', ')})${c.barrier ? ' =>' : ''}`
        : `  ${c.source}: ${c.rows.map((row) => `(${row.map(String).join(', ')})`).join(' ')}${c.barrier ? ' =>' : ''}`,
  );
  return new Error([`seed ${seed}: ${run(pipeline, commands, rowByRow)}`, ...steps, sql].join('\n'));
}
