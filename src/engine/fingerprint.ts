// oxlint-disable-next-line no-restricted-imports -- hashing is a pure computation
import { createHash } from 'node:crypto';
import type { Pipeline } from '../plan/pipeline.ts';
import { onlyAppends } from '../plan/pipeline.ts';

/** Incremented when operators change what they save. */
const STATE_FORMAT = 6;

/**
 * Returns the fingerprint of a pipeline. It covers the sources' columns and the views' plans; SQL files, places in them
 * and sinks are left out. Two pipelines with the same fingerprint have the same operators with the same state.
 *
 * It has one line for the state format and one per source and view, so that {@link planChange} can name what differs.
 */
export function fingerprintOf(pipeline: Pipeline): string {
  return [
    `format ${STATE_FORMAT}`,
    ...pipeline.sources.map((s) =>
      line(s.kind, s.name, {
        columns: s.columns.map((c) => [c.name, c.type, c.notNull, c.generated, c.include]),
        key: s.primaryKey,
        onlyAppends: onlyAppends(s),
        onConflict: s.onConflict,
      }),
    ),
    ...pipeline.views.map((v) => line('view', v.name, { plan: v.plan, key: v.key })),
  ].join('\n');
}

function line(kind: string, name: string, essence: object): string {
  const text = JSON.stringify(essence, (key, value: unknown) => {
    if (key === 'span') return undefined;
    if (key === 'fn') return (value as { id: string }).id;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 24);
  return `${kind} ${JSON.stringify(name)} ${hash}`;
}

/** A message names at most this many parts and counts the others. */
const MAX_NAMED = 3;

/** Describes how two different fingerprints differ: `view totals has changed, view a is new`. */
export function planChange(before: string, after: string): string {
  const [old, now] = [partsOf(before), partsOf(after)];
  if (old.format === undefined || old.format !== now.format)
    return 'this version of Freshet stores state in another format';
  const found = [
    ...[...now.parts].flatMap(([part, hash]) => {
      const was = old.parts.get(part);
      return was === undefined ? [`${part} is new`] : was === hash ? [] : [`${part} has changed`];
    }),
    ...[...old.parts.keys()].filter((part) => !now.parts.has(part)).map((part) => `${part} is gone`),
  ];
  if (found.length === 0) return 'sources or views are defined in another order';
  const more = found.length - MAX_NAMED;
  return [...found.slice(0, MAX_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function partsOf(fingerprint: string): {
  readonly format: string | undefined;
  readonly parts: ReadonlyMap<string, string>;
} {
  const [first = '', ...lines] = fingerprint.split('\n');
  const parts = lines.map((text): [string, string] => {
    const [, kind, name, hash] = /^(\w+) (".*") (\w+)$/.exec(text) ?? ['', '', '""', ''];
    return [`${kind} ${JSON.parse(name!) as string}`, hash!];
  });
  return { format: /^format (\d+)$/.exec(first)?.[1], parts: new Map(parts) };
}
