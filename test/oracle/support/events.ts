import type { SqlDatabase } from './database.ts';

/** A view event of both pipelines as a producer sends it, with timestamps as UTC text. */
export interface ViewEvent {
  readonly event_id: string;
  readonly viewer_id: number | null;
  readonly content_id: string | null;
  readonly genre: string | null;
  readonly watch_duration_sec: number | null;
  readonly completion_pct: number | null;
  readonly watched_at: string | null;
}
export interface InteractionEvent {
  readonly event_id: string;
  readonly viewer_id: number | null;
  readonly content_id: string | null;
  readonly event_type: string | null;
  readonly event_ts: string | null;
}

export const EVENT_TABLES = ['view_events', 'content_interactions'] as const;
export type EventTable = (typeof EVENT_TABLES)[number];

const CHUNK = 5_000;

/** Inserts NDJSON lines into one of the oracle's tables; PostgreSQL parses the JSON. */
export async function insertLines(
  db: SqlDatabase,
  table: EventTable,
  lines: readonly string[],
): Promise<void> {
  for (let i = 0; i < lines.length; i += CHUNK) {
    const array = `[${lines.slice(i, i + CHUNK).join(',')}]`;
    await db.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
      array,
    ]);
  }
}
