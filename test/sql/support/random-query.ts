import type { Random } from '../../oracle/support/random.ts';

/** Five tables with NULLs, duplicates, keys, and columns of one name but several types. */
export const TABLES = `
CREATE TABLE t (id INT, k INT, g VARCHAR, v INT, n NUMERIC, b BOOLEAN, dt DATE);
CREATE TABLE u (k BIGINT, g VARCHAR, w SMALLINT, dt TIMESTAMP, n NUMERIC);
CREATE TABLE p (pk INT PRIMARY KEY, k NUMERIC, name VARCHAR NOT NULL, s NUMERIC NOT NULL);
CREATE TABLE q (a INT, b INT, c VARCHAR, PRIMARY KEY (a, b));
`;

export const ROWS: Readonly<Record<string, readonly (readonly (string | null)[])[]>> = {
  t: [
    ['1', '1', 'a', '10', '1.5', 't', '2026-01-01'],
    ['2', '1', 'a', '10', '1.50', 'f', '2026-01-02'],
    ['3', '1', 'b', null, '2', 't', null],
    ['4', '2', 'b', '2', null, 't', '2026-01-03'],
    ['5', '2', null, '3', '-3.25', 'f', '2026-01-01'],
    ['6', null, 'a', '1', '1.5', null, '2026-02-01'],
    [null, null, null, null, null, null, null],
    ['8', '3', 'c', '-4', '0', 't', '2026-01-01'],
    ['8', '3', 'c', '-4', '0', 't', '2026-01-01'],
    ['2', '2', 'one', '1', '3', 'f', '2026-01-02'],
  ],
  u: [
    ['1', 'a', '1', '2026-01-01 00:00:00', '1.5'],
    ['1', 'b', '2', '2026-01-02 00:00:00', '2'],
    ['1', 'b', '2', '2026-01-02 00:00:00', '2'],
    ['2', null, '3', null, null],
    [null, 'a', null, '2026-01-03 00:00:00', '0'],
    ['3', 'c', '0', '2026-01-01 12:00:00', '7'],
  ],
  p: [
    ['1', '1', 'one', '1.5'],
    ['2', '1', 'two', '2'],
    ['3', null, 'a', '0'],
    ['4', '4', '', '-1'],
    ['5', '2.0', 'b', '2.0'],
  ],
  q: [
    ['1', '1', 'a'],
    ['1', '2', 'b'],
    ['2', '1', null],
    ['4', '1', 'a'],
    ['3', '3', 'b'],
  ],
};

/** Groups of types whose values can be compared with each other. */
type Kind = 'number' | 'text' | 'boolean' | 'time';

interface Column {
  readonly name: string;
  readonly kind: Kind;
}
interface Query {
  readonly sql: string;
  readonly columns: readonly Column[];
}
/** A select item: its expression and the column that it makes. */
interface Item extends Column {
  readonly expr: string;
}

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  t: columns('id number, k number, g text, v number, n number, b boolean, dt time'),
  u: columns('k number, g text, w number, dt time, n number'),
  p: columns('pk number, k number, name text, s number'),
  q: columns('a number, b number, c text'),
};

function columns(text: string): Column[] {
  return text.split(', ').map((column) => {
    const [name, kind] = column.split(' ') as [string, Kind];
    return { name, kind };
  });
}

const LITERALS: Readonly<Record<Kind, readonly string[]>> = {
  number: ['1', '2', '0', '3', '1.5', "'2'"],
  text: ["'a'", "'b'", "'one'"],
  boolean: ['true', 'false'],
  time: ["DATE '2026-01-01'", "'2026-01-02'"],
};
const KINDS: readonly Kind[] = ['number', 'number', 'text', 'time'];
const RANKS = ['rn <= 2', 'rn = 1', 'rn IN (1, 3)', 'rn < 3 AND rn > 1', '2 >= rn', 'rn = 2 OR rn = 1'];

/** Returns a random query over {@link TABLES} whose rows do not depend on how ties are broken. */
export function randomQuery(random: Random): string {
  return new Queries(random).query(random.between(1, 2)).sql;
}

class Queries {
  readonly #random: Random;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  query(depth: number): Query {
    const r = this.#random;
    return r.weighted<Query>([
      [depth > 0 ? 1 : 0, () => this.#union(depth)],
      [3, () => this.#grouped(depth)],
      [1, () => this.#selected(depth, (items) => [`DISTINCT ${list(items)}`, ''])],
      [1, () => this.#selected(depth, (items) => this.#firstOfEach(items))],
      [1, () => this.#selected(depth, (items) => [list(items), this.#limited(items)])],
      [1, () => this.#ranked(depth)],
      [2, () => this.#selected(depth, (items) => [list(items), ''])],
    ]);
  }

  #name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  #union(depth: number): Query {
    const r = this.#random;
    const result = r.times(1, 3, (): Column => ({ name: this.#name('c'), kind: r.pick(KINDS) }));
    const isTagged = r.chance(50);
    const branches = r.times(2, 3, (i) => {
      const { from, scope } = this.#from(depth - 1);
      const tag = isTagged ? `${r.pick([`'${i}'`, `'${i}'`, "'z'", 'NULL'])} AS tag, ` : '';
      const items = result.map((c) => `${this.#value(scope, c.kind, 1)} AS ${c.name}`);
      return `SELECT ${tag}${items.join(', ')} FROM ${from}${this.#where(scope, 1)}`;
    });
    const columnsOf = isTagged ? [{ name: 'tag', kind: 'text' as const }, ...result] : result;
    return { sql: branches.join(r.chance(75) ? ' UNION ALL ' : ' UNION '), columns: columnsOf };
  }

  #grouped(depth: number): Query {
    const r = this.#random;
    const { from, scope } = this.#from(depth);
    const keys = r.chance(80) ? this.#items(scope) : [];
    const calls = r.times(1, 2, () => this.#aggregate(scope));
    const by = keys.map((key, i) => r.pick([String(i + 1), key.name]));
    const groupBy = by.length === 0 ? '' : ` GROUP BY ${by.join(', ')}`;
    const having = r.chance(30) ? ` HAVING COUNT(*) ${r.pick(['> 1', '= 1', '< 3'])}` : '';
    const items = [...keys, ...calls];
    const sql = `SELECT ${list(items)} FROM ${from}${this.#where(scope, 2)}${groupBy}${having}`;
    return { sql, columns: items };
  }

  #aggregate(scope: readonly Column[]): Item {
    const r = this.#random;
    const arg = (kind: Kind): string => this.#value(scope, kind, 1);
    const [call, kind] = r.weighted<[string, Kind]>([
      [1, () => ['COUNT(*)', 'number']],
      [2, () => [`COUNT(${arg(r.pick(KINDS))})`, 'number']],
      [1, () => [`COUNT(DISTINCT ${arg('number')})`, 'number']],
      [1, () => [`SUM((${arg('number')})::int)`, 'number']],
      [1, () => [`MAX((${arg('number')})::numeric)`, 'number']],
      [1, () => [`MIN((${arg('text')})::text)`, 'text']],
    ]);
    const filter = r.chance(30) ? ` FILTER (WHERE ${this.#condition(scope, 1)})` : '';
    return { expr: call + filter, name: this.#name('c'), kind };
  }

  /** Returns a SELECT of random items; `finish` returns the text after SELECT and the text at the end. */
  #selected(depth: number, finish: (items: readonly Item[]) => [select: string, end: string]): Query {
    const { from, scope } = this.#from(depth);
    const items = this.#items(scope);
    const [select, end] = finish(items);
    return { sql: `SELECT ${select} FROM ${from}${this.#where(scope, 2)}${end}`, columns: items };
  }

  #firstOfEach(items: readonly Item[]): [string, string] {
    const on = this.#random.pick(items);
    const order = [on, ...items.filter((item) => item !== on)].map((item) => this.#sorted(item.name));
    return [`DISTINCT ON (${on.name}) ${list(items)}`, ` ORDER BY ${order.join(', ')}`];
  }

  #limited(items: readonly Item[]): string {
    const order = items.map((item) => this.#sorted(item.name));
    const offset = this.#random.chance(30) ? ' OFFSET 1' : '';
    return ` ORDER BY ${order.join(', ')} LIMIT ${this.#random.between(1, 4)}${offset}`;
  }

  #sorted(name: string): string {
    return name + this.#random.pick(['', ' DESC', ' NULLS FIRST']);
  }

  #ranked(depth: number): Query {
    const r = this.#random;
    const { from, scope } = this.#from(depth);
    const items = this.#items(scope);
    const partition = r.chance(70) ? `PARTITION BY ${r.pick(scope).name} ` : '';
    const rank = `ROW_NUMBER() OVER (${partition}ORDER BY ${items.map((item) => item.expr).join(', ')}) AS rn`;
    const inner = `SELECT ${list(items)}, ${rank} FROM ${from}${this.#where(scope, 1)}`;
    return {
      sql: `SELECT * FROM (${inner}) ${this.#name('x')} WHERE ${r.pick(RANKS)}`,
      columns: [...items, { name: 'rn', kind: 'number' }],
    };
  }

  #items(scope: readonly Column[]): Item[] {
    const r = this.#random;
    return r.times(1, 3, () => {
      const column = r.pick(scope);
      const kind = r.chance(70) ? column.kind : r.pick(KINDS);
      const isPlain = kind === column.kind && r.chance(50);
      return { expr: isPlain ? column.name : this.#value(scope, kind, 1), name: this.#name('c'), kind };
    });
  }

  #where(scope: readonly Column[], depth: number): string {
    return this.#random.chance(50) ? ` WHERE ${this.#condition(scope, depth)}` : '';
  }

  /** Returns the text of FROM and the columns in scope, qualified except for those of USING. */
  #from(depth: number): { readonly from: string; readonly scope: readonly Column[] } {
    const r = this.#random;
    const first = this.#relation(depth);
    let { sql: from, columns: scope } = first;
    for (let i = 0, joins = r.pick([0, 0, 1, 1, 1, 2]); i < joins; i++) {
      const next = this.#relation(depth);
      const pairs = scope.flatMap((l) =>
        next.columns
          .filter((c) => c.kind === l.kind && l.kind !== 'boolean')
          .map((c) => `${l.name} = ${c.name}`),
      );
      if (pairs.length === 0) continue;
      const kind = r.pick(['JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN']);
      const both =
        i > 0 ? [] : first.own.filter((c) => next.own.some((o) => o.name === c.name && o.kind === c.kind));
      const all = [...scope, ...next.columns];
      if (both.length > 0 && r.chance(40)) {
        const using = r.pick(both);
        from += ` ${kind} ${next.sql} USING (${using.name})`;
        scope = [...all, using, using, using];
      } else {
        const on = r.times(1, 2, () => r.pick(pairs));
        if (r.chance(30)) on.push(this.#condition(r.pick([scope, next.columns, all]), 1));
        from += ` ${kind} ${next.sql} ON ${on.join(' AND ')}`;
        scope = all;
      }
    }
    return { from, scope };
  }

  #relation(depth: number): Query & { readonly own: readonly Column[] } {
    const r = this.#random;
    const alias = this.#name('x');
    const table = r.pick(Object.keys(COLUMNS));
    const inner = depth > 0 && r.chance(35) ? this.query(depth - 1) : undefined;
    const own = inner?.columns ?? COLUMNS[table]!;
    const sql = `${inner === undefined ? table : `(${inner.sql})`} ${alias}`;
    return { sql, own, columns: own.map((c) => ({ ...c, name: `${alias}.${c.name}` })) };
  }

  #value(scope: readonly Column[], kind: Kind, depth: number): string {
    const r = this.#random;
    const own = scope.filter((c) => c.kind === kind);
    if (depth <= 0 || r.chance(35)) {
      if (own.length > 0 && r.chance(80)) return r.pick(own).name;
      return r.chance(15) ? 'NULL' : r.pick(LITERALS[kind]);
    }
    const v = (of: Kind = kind): string => this.#value(scope, of, depth - 1);
    const forms: Readonly<Record<Kind, readonly string[]>> = {
      number: [
        `${v()} + ${v()}`,
        `${v()} * 2`,
        `(${v()} / 2)`,
        `NULLIF(${v()}, ${v()})`,
        `GREATEST(${v()}, ${v()})`,
      ],
      // Numbers become text by way of INT: the text of a NUMERIC shows its scale, which differs from PostgreSQL's.
      text: [`upper(${v()}::text)`, `${v()}::text || (${v('number')})::int`, `(${v('number')})::int::text`],
      boolean: [`(${this.#condition(scope, depth - 1)})`],
      time: [`(${v()})::date`, `(${v()})::timestamp`],
    };
    const chosen = `CASE WHEN ${this.#condition(scope, depth - 1)} THEN ${v()} ELSE ${v()} END`;
    return r.pick([chosen, `COALESCE(${v()}, ${v()})`, ...forms[kind], ...forms[kind]]);
  }

  #condition(scope: readonly Column[], depth: number): string {
    const r = this.#random;
    if (depth > 0 && r.chance(30)) {
      const [a, b] = [this.#condition(scope, depth - 1), this.#condition(scope, depth - 1)];
      return r.pick([`(${a} AND ${b})`, `(${a} OR ${b})`, `NOT (${a})`]);
    }
    const kind = r.pick(KINDS);
    const v = (): string => this.#value(scope, kind, depth - 1);
    return r.pick([
      ...['=', '<>', '>', 'IS DISTINCT FROM'].map((op) => `${v()} ${op} ${v()}`),
      ...['IS NULL', 'IS NOT NULL', `IN (${v()}, ${v()})`, `NOT IN (${v()}, ${v()})`].map(
        (test) => `${v()} ${test}`,
      ),
      `${v()} BETWEEN ${v()} AND ${v()}`,
      ...scope.filter((c) => c.kind === 'boolean').map((c) => c.name),
    ]);
  }
}

function list(items: readonly Item[]): string {
  return items.map((item) => `${item.expr} AS ${item.name}`).join(', ');
}
