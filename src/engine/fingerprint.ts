// oxlint-disable-next-line no-restricted-imports -- hashing is a pure computation
import { createHash } from 'node:crypto';
import type { Pipeline } from '../plan/pipeline.ts';
import { onlyAppends } from '../plan/pipeline.ts';

/** Grows when operators change what they save. */
const STATE_FORMAT = 3;

/**
 * Identifies what a snapshot is of: the sources' columns and the views' plans, without names of files,
 * positions in them, or anything about sinks. Two pipelines with the same fingerprint have the same operators
 * with the same state.
 */
export function fingerprintOf(pipeline: Pipeline): string {
  const essence = {
    format: STATE_FORMAT,
    sources: pipeline.sources.map((s) => ({
      name: s.name,
      kind: s.kind,
      columns: s.columns.map((c) => [c.name, c.type, c.notNull, c.generated, c.include]),
      key: s.primaryKey,
      onlyAppends: onlyAppends(s),
      onConflict: s.onConflict,
    })),
    views: pipeline.views.map((v) => ({ name: v.name, plan: v.plan, key: v.key })),
  };
  const text = JSON.stringify(essence, (key, value: unknown) => {
    if (key === 'span') return undefined;
    if (key === 'fn') return (value as { id: string }).id;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
