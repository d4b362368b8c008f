import { canonical, type CanonicalOptions, type Kind, kindOfOid } from './canonical.ts';
import type { SqlDatabase } from './database.ts';

/** A bag of rows in canonical text: what is compared. */
export interface Relation {
  readonly columns: readonly string[];
  readonly kinds: readonly Kind[];
  /** Sorted. */
  readonly rows: readonly string[];
}

/** Runs a query and gives its rows in canonical text. */
export async function relationOf(
  db: SqlDatabase,
  query: string,
  options: CanonicalOptions = {},
): Promise<Relation> {
  const body = query.trim().replace(/;$/, '');
  const { fields } = await db.query(`SELECT * FROM (\n${body}\n) q LIMIT 0`);
  const kinds = fields.map((f) => kindOfOid(f.oid));
  const list = fields.map((f, i) =>
    kinds[i] === 'json' ? `to_jsonb(q."${f.name}")::text` : `q."${f.name}"::text`,
  );
  const { rows } = await db.query(`SELECT ${list.join(', ')} FROM (\n${body}\n) q`);
  const columns = fields.map((f) => f.name);
  return {
    columns,
    kinds,
    rows: rows.map((row) => line(columns, kinds, (i) => row[i], options)).sort(),
  };
}

/** Another engine's rows, as objects by column name, in the spelling of `like`. */
export function relationLike(
  like: Relation,
  rows: readonly Readonly<Record<string, unknown>>[],
  options: CanonicalOptions = {},
): Relation {
  for (const row of rows) {
    const extra = Object.keys(row).filter((name) => !like.columns.includes(name));
    const missing = like.columns.filter((name) => !(name in row));
    if (extra.length > 0 || missing.length > 0) {
      throw new Error(`columns differ: missing [${missing.join(', ')}], unexpected [${extra.join(', ')}]`);
    }
  }
  return {
    ...like,
    rows: rows.map((row) => line(like.columns, like.kinds, (i) => row[like.columns[i]!], options)).sort(),
  };
}

/** The first differences between two bags of rows, or undefined if they are equal. */
export function difference(expected: Relation, actual: Relation, limit = 5): string | undefined {
  const left = new Map<string, number>();
  for (const row of expected.rows) left.set(row, (left.get(row) ?? 0) + 1);
  for (const row of actual.rows) left.set(row, (left.get(row) ?? 0) - 1);
  const missing = [...left].filter(([, n]) => n > 0).map(([row]) => `  missing    ${row}`);
  const unexpected = [...left].filter(([, n]) => n < 0).map(([row]) => `  unexpected ${row}`);
  if (missing.length === 0 && unexpected.length === 0) return undefined;
  return [
    `${missing.length} rows missing, ${unexpected.length} unexpected`,
    ...missing.slice(0, limit),
    ...unexpected.slice(0, limit),
  ].join('\n');
}

function line(
  columns: readonly string[],
  kinds: readonly Kind[],
  value: (i: number) => unknown,
  options: CanonicalOptions,
): string {
  return columns.map((name, i) => `${name}=${canonical(value(i), kinds[i]!, options)}`).join(' ');
}
