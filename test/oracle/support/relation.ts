import { canonical, type CanonicalOptions, type Kind, kindOfOid } from './canonical.ts';
import type { SqlDatabase } from './database.ts';

/** A multiset of rows. Values are text from PostgreSQL, or the values of another engine. */
export interface Relation {
  readonly columns: readonly string[];
  readonly kinds: readonly Kind[];
  readonly rows: readonly (readonly unknown[])[];
}

interface Prepared {
  readonly columns: readonly string[];
  readonly kinds: readonly Kind[];
  readonly sql: string;
}
const prepared = new Map<string, Prepared>();

/** Runs a query. Returns its rows with every value as text. */
export async function relationOf(db: SqlDatabase, query: string): Promise<Relation> {
  let known = prepared.get(query);
  if (known === undefined) {
    const body = query.trim().replace(/;$/, '');
    const { fields } = await db.query(`SELECT * FROM (\n${body}\n) q LIMIT 0`);
    const kinds = fields.map((f) => kindOfOid(f.oid));
    const list = fields.map((f, i) =>
      kinds[i] === 'json' ? `to_jsonb(q."${f.name}")::text` : `q."${f.name}"::text`,
    );
    known = {
      columns: fields.map((f) => f.name),
      kinds,
      sql: `SELECT ${list.join(', ')} FROM (\n${body}\n) q`,
    };
    prepared.set(query, known);
  }
  const { rows } = await db.query(known.sql);
  return { columns: known.columns, kinds: known.kinds, rows };
}

/** Returns another engine's rows (objects by column name) as a relation with the columns and kinds of `like`. */
export function relationLike(like: Relation, rows: readonly Readonly<Record<string, unknown>>[]): Relation {
  for (const row of rows) {
    const extra = Object.keys(row).filter((name) => !like.columns.includes(name));
    const missing = like.columns.filter((name) => !(name in row));
    if (extra.length > 0 || missing.length > 0) {
      throw new Error(`columns differ: missing [${missing.join(', ')}], unexpected [${extra.join(', ')}]`);
    }
  }
  return { ...like, rows: rows.map((row) => like.columns.map((name) => row[name])) };
}

/** Returns the first differences between two multisets of rows, or undefined if they are equal. */
export function difference(
  expected: Relation,
  actual: Relation,
  options: CanonicalOptions & { readonly show?: number } = {},
): string | undefined {
  const count = new Map<string, number>();
  const add = (relation: Relation, n: number): void => {
    for (const row of relation.rows) {
      const line = relation.columns
        .map((name, i) => `${name}=${canonical(row[i], relation.kinds[i]!, options)}`)
        .join(' ');
      count.set(line, (count.get(line) ?? 0) + n);
    }
  };
  add(expected, 1);
  add(actual, -1);
  const missing = [...count].filter(([, n]) => n > 0).map(([line]) => `  missing    ${line}`);
  const unexpected = [...count].filter(([, n]) => n < 0).map(([line]) => `  unexpected ${line}`);
  if (missing.length === 0 && unexpected.length === 0) return undefined;
  const { show = 5 } = options;
  return [
    `${missing.length} rows missing, ${unexpected.length} unexpected`,
    ...missing.slice(0, show),
    ...unexpected.slice(0, show),
  ].join('\n');
}
