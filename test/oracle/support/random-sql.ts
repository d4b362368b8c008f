import { type Column, RandomExpr, SCALARS, type Type } from './random-expr.ts';
import { RandomRows } from './random-rows.ts';
import type { Random } from './random.ts';

interface Query {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/**
 * Two sources, a table that keeps the last row of a key, one that keeps the first, and a table without a key. Rows of
 * the tables are also deleted.
 */
export const SOURCES_SQL = `
CREATE SOURCE events (k INT, s VARCHAR, v INT, n BIGINT, x DECIMAL, t TIMESTAMP, d DOUBLE PRECISION, b BOOLEAN,
    j JSONB, a INT[], q INT NOT NULL, y DECIMAL NOT NULL)
  WITH (connector = 'kafka', topic = 'events') FORMAT PLAIN ENCODE JSON;
CREATE SOURCE marks (k INT, s VARCHAR, w INT, u TIMESTAMPTZ)
  WITH (connector = 'kafka', topic = 'marks') FORMAT PLAIN ENCODE JSON;
CREATE TABLE things (k INT PRIMARY KEY, s VARCHAR, at TIMESTAMP, p DECIMAL, d DOUBLE PRECISION, j JSONB, b BOOLEAN,
  n BIGINT, a INT[], u TIMESTAMPTZ, q INT NOT NULL);
CREATE TABLE firsts (k INT PRIMARY KEY, s VARCHAR, x DECIMAL, u TIMESTAMPTZ) ON CONFLICT DO NOTHING;
CREATE TABLE facts (k INT, s VARCHAR, d DOUBLE PRECISION, f REAL, x DECIMAL, t TIMESTAMP, q INT NOT NULL,
  h DECIMAL AS (x * 2));
`;

const RELATIONS: readonly { readonly name: string; readonly columns: readonly Column[] }[] = [
  {
    name: 'events',
    columns: [
      { name: 'k', type: 'int' },
      { name: 's', type: 'text' },
      { name: 'v', type: 'int' },
      { name: 'n', type: 'bigint' },
      { name: 'x', type: 'numeric' },
      { name: 't', type: 'timestamp' },
      { name: 'd', type: 'double' },
      { name: 'b', type: 'bool' },
      { name: 'j', type: 'jsonb' },
      { name: 'a', type: 'array' },
      { name: 'q', type: 'int' },
      { name: 'y', type: 'numeric' },
    ],
  },
  {
    name: 'marks',
    columns: [
      { name: 'k', type: 'int' },
      { name: 's', type: 'text' },
      { name: 'w', type: 'int' },
      { name: 'u', type: 'timestamptz' },
    ],
  },
  {
    name: 'things',
    columns: [
      { name: 'k', type: 'int' },
      { name: 's', type: 'text' },
      { name: 'at', type: 'timestamp' },
      { name: 'p', type: 'numeric' },
      { name: 'd', type: 'double' },
      { name: 'j', type: 'jsonb' },
      { name: 'b', type: 'bool' },
      { name: 'n', type: 'bigint' },
      { name: 'a', type: 'array' },
      { name: 'u', type: 'timestamptz' },
      { name: 'q', type: 'int' },
    ],
  },
  {
    name: 'firsts',
    columns: [
      { name: 'k', type: 'int' },
      { name: 's', type: 'text' },
      { name: 'x', type: 'numeric' },
      { name: 'u', type: 'timestamptz' },
    ],
  },
  {
    name: 'facts',
    columns: [
      { name: 'k', type: 'int' },
      { name: 's', type: 'text' },
      { name: 'd', type: 'double' },
      { name: 'f', type: 'real' },
      { name: 'x', type: 'numeric' },
      { name: 't', type: 'timestamp' },
      { name: 'q', type: 'int' },
      { name: 'h', type: 'numeric' },
    ],
  },
];

/** Returns a pipeline of one aggregate directly over a source, for many rows at once. */
export function randomAggregate(random: Random): string {
  const { sql } = new QueryMaker(random).aggregateOf(random.pick(RELATIONS));
  return `${SOURCES_SQL}\nCREATE MATERIALIZED VIEW m0 AS\n${sql};\n`;
}

/** Returns a pipeline of up to three materialized views, each over the sources and the views before it. */
export function randomPipeline(random: Random): string {
  const maker = new QueryMaker(random);
  const views = random.times(1, 3, (i) => {
    const { sql, columns } = maker.query(random.pick([1, 2, 2, 3]));
    const name = `m${i}`;
    maker.relations.push({ name, columns });
    return `CREATE MATERIALIZED VIEW ${name} AS\n${sql};`;
  });
  return `${SOURCES_SQL}\n${views.join('\n\n')}\n`;
}

class QueryMaker {
  readonly relations = [...RELATIONS];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns a query whose columns are c0, c1, ... */
  query(depth: number): Query {
    if (depth <= 0) return this.#project(this.#leaf(), 25);
    const sub = (): Query => this.query(depth - 1);
    return this.#random.weighted<Query>([
      [2, () => this.#project(sub(), 50)],
      [5, () => this.#aggregate(sub())],
      [3, () => this.#join(sub(), sub())],
      [3, () => this.#topN(sub())],
      [1, () => this.#limit(sub())],
      [1, () => this.#distinctOn(sub())],
      [2, () => this.#withParams(sub())],
      [1, () => this.#union(sub(), sub())],
      [1, () => this.#distinct(sub())],
    ]);
  }

  aggregateOf({ name, columns }: { readonly name: string; readonly columns: readonly Column[] }): Query {
    return this.#aggregate({ sql: `SELECT * FROM ${name}`, columns });
  }

  #leaf(): Query {
    if (this.#random.chance(8)) return this.#rows();
    // Most often `events`, which receives most of the rows.
    const [events] = this.relations;
    const { name, columns } = this.#random.chance(40) ? events! : this.#random.pick(this.relations);
    return { sql: `SELECT * FROM ${name}`, columns };
  }

  /** Returns a SELECT without FROM, or VALUES. */
  #rows(): Query {
    const r = this.#random;
    const rows = new RandomRows(r);
    const types = rows.types();
    if (r.chance(50)) return select(rows.row(types), rows.where().trimStart());
    const named = r.chance(50);
    const made = types.map((type, i) => ({ sql: named ? `x${i}` : `column${i + 1}`, type }));
    const names = named ? made.map(({ sql }) => sql) : [];
    return select(made, `FROM ${rows.values(types, names)}`);
  }

  /** Joins the query with one row of parameters that follow the clock. */
  #withParams(input: Query): Query {
    const r = this.#random;
    const rows = new RandomRows(r);
    const made = rows.row(rows.types());
    const params = made.map(({ type }, i): Column => ({ name: `p.p${i}`, type }));
    const scope = [...input.columns.map((c) => ({ ...c, name: `q.${c.name}` })), ...params];
    const exprs = new RandomExpr(r, scope);
    const both = { sql: '', columns: scope };
    const list = made.map(({ sql }, i) => `${sql} AS p${i}`).join(', ');
    const cte = `WITH p AS (SELECT ${list})\n`;
    const join = r.pick(['CROSS JOIN p', 'JOIN p ON true', `JOIN p ON ${exprs.predicate(1)}`, ', p']);
    const where = r.chance(50) ? `\nWHERE ${exprs.predicate(1)}` : '';
    const query = select(
      r.times(2, 5, () => this.#output(both, exprs)),
      `FROM (${input.sql}) q ${join}${where}`,
    );
    return { ...query, sql: cte + query.sql };
  }

  #project(input: Query, filtered: number): Query {
    const r = this.#random;
    const exprs = new RandomExpr(r, input.columns);
    const made = r.times(2, 5, () => this.#output(input, exprs));
    const where = r.chance(filtered) ? `\nWHERE ${exprs.predicate()}` : '';
    return select(made, `FROM (${input.sql}) q${where}`);
  }

  #output(input: Query, exprs: RandomExpr): { sql: string; type: Type } {
    if (this.#random.chance(60)) {
      const { name, type } = this.#random.pick(input.columns);
      return { sql: name, type };
    }
    const type = this.#random.pick(SCALARS);
    return { sql: exprs.of(type), type };
  }

  #aggregate(input: Query): Query {
    const r = this.#random;
    const keys = r.chance(12) ? [] : r.times(1, 2, () => r.pick(input.columns));
    const unique = [...new Map(keys.map((k) => [k.name, k])).values()];
    const exprs = new RandomExpr(r, input.columns);
    const calls = r.times(1, 4, () => this.#call(input, exprs));
    const where = r.chance(30) ? `\nWHERE ${exprs.predicate(1)}` : '';
    const group = unique.length === 0 ? '' : `\nGROUP BY ${unique.map((k) => k.name).join(', ')}`;
    const having = unique.length > 0 && r.chance(25) ? `\nHAVING ${this.#having(exprs)}` : '';
    const made = [...unique.map((k) => ({ sql: k.name, type: k.type })), ...calls];
    return select(made, `FROM (${input.sql}) q${where}${group}${having}`);
  }

  #having(exprs: RandomExpr): string {
    const time = exprs.column('timestamp');
    if (time === undefined || this.#random.chance(50)) return `COUNT(*) > ${this.#random.between(0, 2)}`;
    return `MAX(${time}) > (now() AT TIME ZONE 'UTC') - INTERVAL '1 day'`;
  }

  #call(input: Query, exprs: RandomExpr): { sql: string; type: Type } {
    const r = this.#random;
    const filter = r.chance(35) ? ` FILTER (WHERE ${exprs.predicate(1)})` : '';
    const distinct = r.chance(30) ? 'DISTINCT ' : '';
    const any = (): Column =>
      r.pick(input.columns.filter((c) => !['array', 'jsonb', 'bool'].includes(c.type)));
    const order = (first: string): string =>
      `${first}${r.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`;
    const usable = input.columns.some((c) => !['array', 'jsonb', 'bool'].includes(c.type));
    if (!usable) return { sql: `COUNT(*)${filter}`, type: 'bigint' };
    const made = r.weighted<{ sql: string; type: Type }>([
      [2, () => ({ sql: 'COUNT(*)', type: 'bigint' })],
      [3, () => ({ sql: `COUNT(${distinct}${r.pick(input.columns).name})`, type: 'bigint' })],
      [2, () => ({ sql: `COUNT(${distinct}${exprs.of(r.pick(SCALARS), 1)})`, type: 'bigint' })],
      [3, () => ({ sql: `SUM(${distinct}${exprs.of('int', 1)})`, type: 'bigint' })],
      [1, () => ({ sql: `SUM(${distinct}${exprs.of('bigint', 1)})`, type: 'numeric' })],
      [2, () => ({ sql: `SUM(${distinct}${exprs.of('numeric', 1)})`, type: 'numeric' })],
      [1, () => ({ sql: `AVG(${distinct}${exprs.of('int', 1)})`, type: 'numeric' })],
      [1, () => ({ sql: `AVG(${distinct}${exprs.of('numeric', 1)})`, type: 'numeric' })],
      [
        2,
        () => ({
          sql: `${r.pick(['SUM', 'AVG'])}(${distinct}${exprs.of('double', 1)})`,
          type: 'double',
        }),
      ],
      [1, () => ({ sql: `SUM(${distinct}${exprs.of('real', 1)})`, type: 'real' })],
      [1, () => ({ sql: `AVG(${distinct}${exprs.of('real', 1)})`, type: 'double' })],
      [
        3,
        () => {
          const { name, type } = any();
          return { sql: `${r.pick(['MIN', 'MAX'])}(${name})`, type };
        },
      ],
      [1, () => ({ sql: `${r.pick(['BOOL_AND', 'BOOL_OR'])}(${exprs.predicate(0)})`, type: 'bool' })],
      [
        2,
        () => {
          const { name } = any();
          return distinct === ''
            ? { sql: `ARRAY_AGG(${name} ORDER BY ${order(any().name)})`, type: 'array' }
            : { sql: `ARRAY_AGG(DISTINCT ${name} ORDER BY ${order(name)})`, type: 'array' };
        },
      ],
      [
        1,
        () => ({
          sql: `STRING_AGG(${exprs.of('text', 1)}, ',' ORDER BY ${order(any().name)})`,
          type: 'text',
        }),
      ],
      [1, () => ({ sql: `JSONB_AGG(${any().name} ORDER BY ${order(any().name)})`, type: 'jsonb' })],
      [
        1,
        () => {
          const key = `COALESCE(${exprs.of('text', 1)}, '-')`;
          return {
            sql: `JSONB_OBJECT_AGG(${key}, ${any().name} ORDER BY ${order(any().name)})`,
            type: 'jsonb',
          };
        },
      ],
    ]);
    return { ...made, sql: made.sql + filter };
  }

  #join(left: Query, right: Query): Query {
    const r = this.#random;
    const pairs = left.columns.flatMap((a) =>
      right.columns.filter((b) => a.type === b.type && SCALARS.includes(a.type)).map((b) => [a, b] as const),
    );
    if (pairs.length === 0) return this.#project(left, 50);
    const scope = [
      ...left.columns.map((c) => ({ ...c, name: `l.${c.name}` })),
      ...right.columns.map((c) => ({ ...c, name: `r.${c.name}` })),
    ];
    const both = { sql: '', columns: scope };
    const exprs = new RandomExpr(r, scope);
    const kind = r.pick(['JOIN', 'LEFT JOIN']);
    const on = r
      .times(1, r.chance(20) ? 2 : 1, () => r.pick(pairs))
      .map(([a, b]) => `l.${a.name} = r.${b.name}`);
    // In a left join, only values of the right side may depend on the clock.
    const conditions = kind === 'JOIN' ? exprs : new RandomExpr(r, scope.slice(left.columns.length));
    if (r.chance(30)) on.push(conditions.predicate(1));
    const made = r.times(2, 5, () => this.#output(both, exprs));
    const where = r.chance(15) ? `\nWHERE ${exprs.predicate(1)}` : '';
    return select(made, `FROM (${left.sql}) l\n${kind} (${right.sql}) r ON ${on.join(' AND ')}${where}`);
  }

  #topN(input: Query): Query {
    const r = this.#random;
    const keys = input.columns.filter((c) => !['array', 'jsonb'].includes(c.type));
    if (keys.length === 0) return this.#project(input, 50);
    const order = r
      .times(1, 2, () => `${r.pick(keys).name}${r.pick(['', ' DESC', ' NULLS FIRST'])}`)
      .join(', ');
    const partition = r.chance(85) ? `PARTITION BY ${r.pick(keys).name} ` : '';
    const ranked = `SELECT *, ROW_NUMBER() OVER (${partition}ORDER BY ${order}) AS rn FROM (${input.sql}) q`;
    const made: { sql: string; type: Type }[] = input.columns.map((c) => ({ sql: c.name, type: c.type }));
    if (r.chance(40)) made.push({ sql: 'rn', type: 'bigint' });
    return select(made, `FROM (${ranked}) p\nWHERE rn <= ${r.between(1, 3)}`);
  }

  #limit(input: Query): Query {
    const r = this.#random;
    const keys = input.columns.filter((c) => !['array', 'jsonb'].includes(c.type));
    if (keys.length === 0) return this.#project(input, 50);
    const offset = r.chance(30) ? ' OFFSET 1' : '';
    const order = `${r.pick(keys).name}${r.pick(['', ' DESC'])}`;
    return {
      ...input,
      sql: `SELECT * FROM (${input.sql}) q ORDER BY ${order} LIMIT ${r.between(1, 4)}${offset}`,
    };
  }

  #distinctOn(input: Query): Query {
    const r = this.#random;
    const keys = input.columns.filter((c) => !['array', 'jsonb'].includes(c.type));
    if (keys.length === 0) return this.#project(input, 50);
    const on = r.pick(keys).name;
    const order = `${r.pick(keys).name}${r.pick(['', ' DESC', ' NULLS FIRST'])}`;
    return { ...input, sql: `SELECT DISTINCT ON (${on}) * FROM (${input.sql}) q ORDER BY ${on}, ${order}` };
  }

  #union(left: Query, right: Query): Query {
    const r = this.#random;
    const types = r.times(1, 3, () => r.pick(SCALARS));
    const [a, b] = [left, right].map((q) => {
      const exprs = new RandomExpr(r, q.columns);
      return select(
        types.map((type) => ({ sql: exprs.of(type), type })),
        `FROM (${q.sql}) q`,
      );
    }) as [Query, Query];
    return { sql: `${a.sql}\nUNION ALL\n${b.sql}`, columns: a.columns };
  }

  #distinct(input: Query): Query {
    const r = this.#random;
    const columns = r.times(1, 3, () => r.pick(input.columns));
    return select(
      columns.map((c) => ({ sql: c.name, type: c.type })),
      `FROM (${input.sql}) q`,
      'SELECT DISTINCT',
    );
  }
}

function select(made: readonly { sql: string; type: Type }[], from: string, verb = 'SELECT'): Query {
  const columns = made.map(({ type }, i): Column => ({ name: `c${i}`, type }));
  return { sql: `${verb} ${made.map((m, i) => `${m.sql} AS c${i}`).join(', ')}\n${from}`, columns };
}
