/** A database that keeps materialized views. */
export interface ViewServer {
  /** Runs one statement, and notes what it creates. Rejects with the database's error. */
  run(sql: string): Promise<void>;
  /** Resolves when the views hold all that has been inserted and deleted. */
  settle(): Promise<void>;
  /** Returns the rows of a query whose columns are all VARCHAR. */
  texts(sql: string): Promise<readonly (readonly (string | null)[])[]>;
  /** Drops what was created, the latest first, and closes the connection. */
  close(): Promise<void>;
}

export interface Created {
  readonly kind: 'SCHEMA' | 'TABLE' | 'VIEW' | 'MATERIALIZED VIEW' | 'SINK';
  /** As it stands in the statement, in quotes if it has any. */
  readonly name: string;
}

/** Returns what a CREATE statement makes; undefined for other statements. Comments may stand before it. */
export function createdBy(sql: string): Created | undefined {
  const text = sql.replace(/^(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/, '');
  const match = /^CREATE\s+(SCHEMA|TABLE|MATERIALIZED\s+VIEW|VIEW|SINK)\s+("[^"]+"|\w+)/i.exec(text);
  if (match === null) return undefined;
  const kind = match[1]!.toUpperCase().replace(/\s+/, ' ') as Created['kind'];
  return { kind, name: match[2]! };
}
