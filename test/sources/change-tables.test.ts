import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StateReader, StateWriter } from '../../src/engine/contract.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { openPipeline } from '../../src/testing/index.ts';
import type { KeyedRecord } from './support/changes.ts';
import { makeRecords } from './support/source.ts';

beforeAll(() => loadParser());

const VIEWS = `
CREATE MATERIALIZED VIEW rows AS SELECT id, part, n, note FROM t;
CREATE MATERIALIZED VIEW sums AS SELECT part, count(*) AS rows, sum(n) AS n, max(note) AS note FROM t GROUP BY part;`;
const TABLE = 'CREATE TABLE t (id BIGINT, part INT, n INT, note VARCHAR, PRIMARY KEY (id))';

describe('a table whose records change rows, in a unit test', () => {
  it('FORMAT UPSERT: events are key and value', async () => {
    const p = await openPipeline({ 'p.sql': `${TABLE} FORMAT UPSERT ENCODE JSON;${VIEWS}` });
    p.insert('t', [
      { key: { id: 1 }, value: { part: 1, n: 10, note: 'a' } },
      { key: { id: 2 }, value: { part: 1, n: 5, note: 'b' } },
    ]);
    expect(p.rows('sums')).toEqual([{ part: 1, rows: 2, n: 15, note: 'b' }]);
    p.insert('t', [
      { key: { id: 1 }, value: { part: 2, n: 11, note: null } },
      { key: { id: 2 }, value: null },
      { key: { id: 9 }, value: null },
    ]);
    expect(p.rows('rows')).toEqual([{ id: 1, part: 2, n: 11, note: null }]);
    expect(p.rows('sums')).toEqual([{ part: 2, rows: 1, n: 11, note: null }]);
    expect(p.problems()).toEqual([]);
  });

  it('FORMAT DEBEZIUM: events are envelopes, and a truncate empties the table', async () => {
    const p = await openPipeline({ 'p.sql': `${TABLE} FORMAT DEBEZIUM ENCODE JSON;${VIEWS}` });
    p.insert('t', [
      { op: 'r', after: { id: 1, part: 1, n: 10, note: 'a' } },
      { op: 'c', after: { id: 2, part: 1, n: 5, note: 'b' } },
      { op: 'u', before: { id: 2 }, after: { id: 2, part: 1, n: 6, note: 'b' } },
      { op: 'd', before: { id: 1 } },
    ]);
    expect(p.rows('sums')).toEqual([{ part: 1, rows: 1, n: 6, note: 'b' }]);
    p.insert('t', [{ op: 't' }, { op: 'c', after: { id: 3, part: 3, n: 1, note: 'c' } }]);
    expect(p.rows('rows')).toEqual([{ id: 3, part: 3, n: 1, note: 'c' }]);
    expect(p.rows('sums')).toEqual([{ part: 3, rows: 1, n: 1, note: 'c' }]);
    p.insert('t', [{ op: 't' }]);
    expect(p.rows('sums')).toEqual([]);
  });

  it('a generated column that must not be NULL refuses rows, and lets deletions pass', async () => {
    const sql = TABLE.replace('note VARCHAR', 'note VARCHAR, twice INT NOT NULL AS n * 2');
    const p = await openPipeline({ 'p.sql': `${sql} FORMAT UPSERT ENCODE JSON;${VIEWS}` });
    p.insert('t', [
      { key: { id: 1 }, value: { n: 10 } },
      { key: { id: 1 }, value: { n: null } },
      { key: { id: 2 }, value: { n: 2 } },
      { key: { id: 2 }, value: null },
    ]);
    expect(p.problems()).toMatchObject([{ reason: 'not_null', column: 'twice', refused: true }]);
    expect(p.rows('rows')).toMatchObject([{ id: 1, n: 10 }]);
  });
});

interface Change {
  readonly id: number;
  /** Undefined deletes. */
  readonly n: number | undefined;
}
type Step =
  | { readonly do: 'read'; readonly partition: number; readonly records: number }
  | { readonly do: 'barrier' | 'checkpoint' | 'crash' };
type Writer = (change: Change) => readonly KeyedRecord[];

const PARTITIONS = 3;
const row = ({ id, n }: Change): string => `{"id":${id},"part":${id % PARTITIONS},"n":${n},"note":"n${n}"}`;

/** How each format writes a change. Debezium sends a tombstone after a delete. */
const WRITERS: Readonly<Record<'UPSERT' | 'DEBEZIUM', Writer>> = {
  UPSERT: (change) => [[`{"id":${change.id}}`, change.n === undefined ? null : row(change)]],
  DEBEZIUM: (change) => {
    const key = `{"payload":{"id":${change.id}}}`;
    if (change.n !== undefined) return [[key, `{"payload":{"op":"u","before":null,"after":${row(change)}}}`]];
    return [
      [key, `{"payload":{"op":"d","before":{"id":${change.id},"n":null},"after":null}}`],
      [key, null],
    ];
  },
};

/** A consumer with an engine, whose state and positions survive in checkpoints. */
class World {
  readonly #pipeline: Pipeline;
  readonly #logs: readonly (readonly KeyedRecord[])[];
  #engine: Engine;
  #positions: number[];
  #saved:
    | { readonly blocks: ReadonlyMap<string, Uint8Array>; readonly positions: readonly number[] }
    | undefined;

  constructor(pipeline: Pipeline, logs: readonly (readonly KeyedRecord[])[]) {
    this.#pipeline = pipeline;
    this.#logs = logs;
    this.#engine = createEngine(pipeline, { now_us: 0 });
    this.#positions = logs.map(() => 0);
  }

  read(partition: number, records: number): void {
    const from = this.#positions[partition]!;
    const taken = this.#logs[partition]!.slice(from, from + records);
    this.#positions[partition] = from + taken.length;
    if (taken.length === 0) return;
    const engine = this.#engine;
    const def = this.#pipeline.sources[0]!;
    const decoder = createJsonDecoder(def, engine.wanted('t'), engine.pool);
    const batch = engine.newBatch('t', 4);
    const given = makeRecords(
      taken.map(([, value]) => value ?? ''),
      { keys: taken.map(([key]) => Buffer.from(key!)) },
    );
    for (let i = 0; i < given.count;) {
      batch.n = 0;
      i = decoder.decode(given, i, batch, (problem) => {
        throw new Error(problem.message);
      });
      if (batch.n > 0) engine.push('t', batch);
      if (decoder.takeTruncate?.() === true) engine.clear('t');
    }
  }

  barrier(): void {
    this.#engine.barrier(0);
  }

  checkpoint(): void {
    this.barrier();
    const blocks = new Map<string, Uint8Array>();
    const writer: StateWriter = { block: (name, bytes) => void blocks.set(name, bytes.slice()) };
    this.#engine.save(writer);
    this.#saved = { blocks, positions: [...this.#positions] };
  }

  crash(): void {
    const saved = this.#saved;
    this.#engine = createEngine(this.#pipeline, { now_us: 0 });
    this.#positions = [...(saved?.positions ?? this.#logs.map(() => 0))];
    if (saved === undefined) return;
    const reader: StateReader = {
      block: (name) => saved.blocks.get(name)!.slice(),
      has: (name) => saved.blocks.has(name),
    };
    this.#engine.restore(reader);
  }

  /** Reads everything, and returns the rows of a view as texts. */
  finish(view: string): string[] {
    this.#logs.forEach((log, p) => this.read(p, log.length));
    this.barrier();
    const rows: string[] = [];
    for (const batch of this.#engine.view(view).scan())
      for (let i = 0; i < batch.n; i++) rows.push(batch.row(i).join());
    return rows.toSorted();
  }
}

const change = fc.record({
  id: fc.integer({ min: 0, max: 8 }),
  n: fc.option(fc.nat(50), { nil: undefined }),
});
/** Changes in the order of their writer, some of which it repeats: after a recovery it writes the last ones again. */
const written = fc.array(fc.tuple(change, fc.nat(12)), { minLength: 1, maxLength: 60 }).map((all) => {
  const log: Change[] = [];
  for (const [each, repeated] of all) {
    log.push(each);
    if (repeated > 9) log.push(...log.slice(-repeated));
  }
  return log;
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('read' as const), partition: fc.nat(2), records: fc.nat(7) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('barrier', 'checkpoint', 'crash') }) },
);

describe.each(['UPSERT', 'DEBEZIUM'] as const)(
  'FORMAT %s over partitions that are read in any order',
  (format) => {
    it('ends with the last version of each row, whatever is repeated and wherever it crashes', () => {
      const bound = pipelineOf(format);
      fc.assert(
        fc.property(written, fc.array(step, { maxLength: 60 }), (changes, steps) => {
          const logs = Array.from({ length: PARTITIONS }, (_, p) =>
            changes.filter(({ id }) => id % PARTITIONS === p).flatMap(WRITERS[format]),
          );
          const world = new World(bound, logs);
          for (const each of steps) {
            if (each.do === 'read') world.read(each.partition, each.records);
            else world[each.do]();
          }
          const last = new Map<number, number>();
          for (const { id, n } of changes) {
            if (n === undefined) last.delete(id);
            else last.set(id, n);
          }
          const rows = [...last].map(([id, n]) => `${id},${id % PARTITIONS},${n},n${n}`);
          expect(world.finish('rows')).toEqual(rows.toSorted());
          const sums = Array.from({ length: PARTITIONS }, (_, p) =>
            [...last].filter(([id]) => id % PARTITIONS === p),
          );
          expect(world.finish('sums')).toEqual(
            sums.flatMap((of, p) =>
              of.length === 0
                ? []
                : [
                    `${p},${of.length},${of.reduce((sum, [, n]) => sum + n, 0)},${maxNote(of.map(([, n]) => n))}`,
                  ],
            ),
          );
        }),
        { seed: 20260315, numRuns: 300 },
      );
    });
  },
);

describe('FORMAT DEBEZIUM with truncates, and a generated column that must not be NULL', () => {
  const TRUNCATE: KeyedRecord = ['null', '{"payload":{"op":"t","before":null,"after":null}}'];

  it('ends with the rows that were set after the last truncate, wherever it crashes', () => {
    const table = TABLE.replace('n INT', 'n INT, twice INT NOT NULL AS n * 2');
    const text = `${table} FORMAT DEBEZIUM ENCODE JSON;
      CREATE MATERIALIZED VIEW rows AS SELECT id, n, twice FROM t;
      CREATE MATERIALIZED VIEW sums AS SELECT count(*) AS rows, sum(twice) AS twice FROM t;`;
    const bound = checkPipeline(bindPipeline('test', [{ name: 'p.sql', text }], {})).pipeline!;
    const changes = fc.array(fc.oneof({ weight: 8, arbitrary: change }, fc.constant(undefined)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(changes, fc.array(step, { maxLength: 60 }), (all, steps) => {
        const log = all.flatMap((each) => (each === undefined ? [TRUNCATE] : WRITERS.DEBEZIUM(each)));
        const world = new World(bound, [log]);
        for (const each of steps) {
          if (each.do === 'read') world.read(0, each.records);
          else world[each.do]();
        }
        const last = new Map<number, number>();
        for (const each of all) {
          if (each === undefined) last.clear();
          else if (each.n === undefined) last.delete(each.id);
          else last.set(each.id, each.n);
        }
        expect(world.finish('rows')).toEqual([...last].map(([id, n]) => `${id},${n},${2 * n}`).toSorted());
        const twice = [...last.values()].reduce((sum, n) => sum + 2 * n, 0);
        expect(world.finish('sums')).toEqual([last.size === 0 ? '0,' : `${last.size},${twice}`]);
      }),
      { seed: 20260315, numRuns: 300 },
    );
  });
});

function maxNote(numbers: readonly number[]): string {
  return numbers
    .map((n) => `n${n}`)
    .toSorted()
    .at(-1)!;
}

function pipelineOf(format: string): Pipeline {
  const text = `${TABLE} FORMAT ${format} ENCODE JSON;${VIEWS}`;
  return checkPipeline(bindPipeline('test', [{ name: 'p.sql', text }], {})).pipeline!;
}
