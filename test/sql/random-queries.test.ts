import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ViewDef } from '../../src/plan/pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { castDatum } from '../../src/values/cast.ts';
import { rowKey } from '../../src/values/compare.ts';
import { VARCHAR, typeName } from '../../src/values/types.ts';
import { Random } from '../oracle/support/random.ts';
import { bindFiles, pipelineOf } from './support/check.ts';
import { interpret } from './support/interpret.ts';
import type { Row, World } from './support/interpret.ts';
import { ourText, theirText, typeOfPostgres } from './support/postgres-text.ts';
import { ROWS, TABLES, randomQuery } from './support/random-query.ts';

// The plan of a random query gives the rows and types that PostgreSQL gives, has no NULL in a column that it declares
// NOT NULL, and its keys are unique. A query that PostgreSQL refuses is refused here, and the other way round.
// A failure prints its seed; FRESHET_QUERY_SEED=<seed> FRESHET_QUERY_RUNS=1 repeats it.

const FIRST_SEED = Number(process.env['FRESHET_QUERY_SEED'] ?? 1);
const RUNS = Number(process.env['FRESHET_QUERY_RUNS'] ?? 200);

/** SQLSTATEs of errors in a value: PostgreSQL fails, while a stream has NULL instead. */
const OF_A_VALUE = /^22/;

let pg: PGlite;
let world: World;

beforeAll(async () => {
  await loadParser();
  pg = await PGlite.create();
  await pg.exec(`SET TIME ZONE 'UTC'; ${TABLES.replaceAll('VARCHAR', 'TEXT COLLATE "C"')}`);
  const relations = new Map<string, Row[]>();
  for (const { name, columns } of pipelineOf(bindFiles({ 'tables.sql': TABLES })).sources) {
    const rows = ROWS[name]!;
    const tuples = rows.map((row) => `(${row.map((v) => (v === null ? 'NULL' : `'${v}'`)).join(', ')})`);
    await pg.exec(`INSERT INTO ${name} VALUES ${tuples.join(', ')}`);
    relations.set(
      name,
      rows.map((row) => row.map((v, i) => (v === null ? null : castDatum(v, VARCHAR, columns[i]!.type)))),
    );
  }
  world = { relations, now_us: 0 };
});
afterAll(() => pg.close());

interface Theirs {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly types: readonly string[];
}

/** Returns PostgreSQL's rows as text with the types of the columns, or the SQLSTATE of its error. */
async function theirsOf(query: string): Promise<Theirs | string> {
  try {
    const { fields } = await pg.query(`SELECT * FROM (${query}) q LIMIT 0`);
    const names = fields.map((_, i) => `c${i}`);
    const from = `FROM (${query}) q (${names.join(', ')})`;
    const rows = await rowsOf(`SELECT ${names.map((n) => `q.${n}::text`).join(', ')} ${from}`);
    const types = await rowsOf(
      // The LEFT JOIN gives one row with the types even if the query has no rows.
      `SELECT ${names.map((n) => `pg_typeof(r.${n})::text`).join(', ')} FROM (SELECT) one LEFT JOIN (SELECT * ${from} LIMIT 1) r ON true`,
    );
    return { rows, types: types[0]!.map((name) => typeOfPostgres(name!)) };
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function rowsOf(sql: string): Promise<(string | null)[][]> {
  return (await pg.query<(string | null)[]>(sql, [], { rowMode: 'array' })).rows;
}

/** Returns how the plan of a query differs from PostgreSQL's answer, or undefined if it does not. */
function differenceOf(view: ViewDef, theirs: Theirs): string | undefined {
  const rows = interpret(view.plan, world);
  const types = view.columns.map((c) => typeName(c.type)).join(', ');
  if (types !== theirs.types.join(', ')) return `types ${types} instead of ${theirs.types.join(', ')}`;
  const text = (row: readonly string[]): string => row.join(' | ');
  const ours = rows.map((row) => text(row.map((v, i) => ourText(view.columns[i]!.type, v)))).toSorted();
  const right = theirs.rows
    .map((row) => text(row.map((v, i) => theirText(view.columns[i]!.type, v))))
    .toSorted();
  if (ours.join('\n') !== right.join('\n'))
    return `rows\n${ours.join('\n')}\ninstead of\n${right.join('\n')}`;
  const broken = view.columns.find((c, i) => !c.nullable && rows.some((row) => row[i] === null));
  if (broken !== undefined) return `NULL in ${broken.name}`;
  const odd = view.keys.find((key) => {
    const ids = rows.map((row) =>
      rowKey(
        key.map((c) => view.columns[c]!.type),
        key.map((c) => row[c]!),
      ),
    );
    return new Set(ids).size < ids.length;
  });
  return odd === undefined
    ? undefined
    : `not unique: key ${odd.map((c) => view.columns[c]!.name).join(', ')}`;
}

it(
  `random queries give what PostgreSQL gives (${RUNS} from seed ${FIRST_SEED})`,
  async () => {
    const found: string[] = [];
    let compared = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const query = randomQuery(new Random(seed));
      const tell = (what: string): number => found.push(`seed ${seed}: ${what}\n${query}`);
      const theirs = await theirsOf(query);
      const checked = bindFiles({ 'p.sql': `${TABLES}CREATE MATERIALIZED VIEW v AS ${query};` });
      const error = checked.diagnostics.find((d) => d.severity === 'error');
      if (typeof theirs === 'string') {
        if (error === undefined && !OF_A_VALUE.test(theirs)) tell(`PostgreSQL refuses it: ${theirs}`);
      } else if (error !== undefined) tell(`refused: ${error.message}`);
      else {
        compared++;
        const difference = differenceOf(pipelineOf(checked).views[0]!, theirs);
        if (difference !== undefined) tell(difference);
      }
    }
    expect(found).toEqual([]);
    // Most random queries must be valid: those that both sides refuse compare nothing.
    expect(compared).toBeGreaterThan(RUNS * 0.85);
  },
  Math.max(300_000, RUNS * 500),
);
