import type { RenderedKind, RenderedPipeline } from '../../../src/sql/target/rendered.ts';

/** Reads SQL that needs no rendering as `freshet render` gives it. Names are unquoted, and statements end at `;`. */
export function rendered(sql: string, name = 'viewers'): RenderedPipeline {
  const seen: string[] = [];
  const statements = sql
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((statement, i) => {
      const [, kind, own] = /CREATE (SOURCE|TABLE|VIEW|MATERIALIZED VIEW|SINK) (\w+)/i.exec(statement) ?? [];
      const words = new Set(statement.toLowerCase().match(/\w+/g));
      const reads = seen.filter((each) => each !== own && words.has(each));
      seen.push(own!);
      return {
        kind: kind!.toLowerCase() as RenderedKind,
        name: own!,
        sql: statement,
        reads,
        file: 'p.sql',
        line: i + 1,
      };
    });
  return { name, statements };
}
