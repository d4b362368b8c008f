import type { RenderedKind } from '../sql/target/rendered.ts';
import type { Comparison, Definition, OwnObject } from './comparison.ts';
import type { Step } from './plan.ts';
import { optionsOf } from './statement-text.ts';

/** What a plan does with one definition, for people. */
export interface Change {
  /** `finish`: an earlier run made it and did not get to its end. */
  readonly action: 'create' | 'replace' | 'finish' | 'drop' | 'unchanged';
  readonly kind: RenderedKind;
  readonly name: string;
  /** `file:line` of the definition; undefined if it has been removed. */
  readonly at: string | undefined;
  /** Why. */
  readonly reason: string;
  /** What happens meanwhile, and what to know before saying yes. */
  readonly notes: readonly string[];
}

/** Returns what a plan does with each definition, in their order, then with what has been removed. */
export function changesOf(comparison: Comparison, steps: readonly Step[]): readonly Change[] {
  const { definitions, kept, obsolete } = comparison;
  const names = new Set(definitions.map(({ name }) => name));
  const touched = new Set(
    steps.filter((step) => step.do !== 'drop' && step.do !== 'forget').map(({ entry }) => entry.name),
  );
  const older = (name: string): readonly OwnObject[] =>
    obsolete.filter(({ entry }) => entry.name === name && entry.state !== 'trial');
  const changes = definitions.map((definition): Change => {
    const { kind, name, file, line } = definition;
    const at = `${file}:${line}`;
    if (kept.has(name)) {
      const isDone = !touched.has(name) && older(name).length === 0;
      return isDone
        ? { action: 'unchanged', kind, name, at, reason: '', notes: [] }
        : { action: 'finish', kind, name, at, reason: 'an earlier run stopped before its end', notes: [] };
    }
    const [old] = older(name);
    return {
      action: old === undefined ? 'create' : 'replace',
      kind,
      name,
      at,
      reason:
        old === undefined
          ? creationReason(definition, comparison)
          : replacementReason(definition, old, comparison),
      notes: notesOn(definition, old, comparison),
    };
  });
  const removed = obsolete.filter(({ entry }) => !names.has(entry.name) && entry.state !== 'trial');
  const reason = definitions.length === 0 ? '' : 'the pipeline no longer defines it';
  return [...changes, ...removed.map((each) => removal(each, reason))];
}

function removal({ entry: { kind, name } }: OwnObject, reason: string): Change {
  const notes = kind === 'sink' ? ['what it has written stays where it is'] : [];
  return { action: 'drop', kind, name, at: undefined, reason, notes };
}

function creationReason({ name }: Definition, { gone }: Comparison): string {
  const lost = gone.some((entry) => entry.name === name && entry.state === 'created');
  return lost ? 'someone dropped it' : '';
}

function replacementReason(
  { reads, sqlHash }: Definition,
  { entry }: OwnObject,
  { kept, obsolete }: Comparison,
): string {
  if (entry.sqlHash !== sqlHash) return 'its SQL changed';
  const changed = reads.filter((read) => !kept.has(read) || obsolete.some((old) => old.entry.name === read));
  return `it reads ${(changed.length === 0 ? reads : changed).join(', ')}, which changed`;
}

function notesOn(
  definition: Definition,
  old: OwnObject | undefined,
  comparison: Comparison,
): readonly string[] {
  const { kind, reads } = definition;
  const { definitions } = comparison;
  switch (kind) {
    case 'source':
      return old === undefined ? [] : ['views that read it are made again'];
    case 'table':
      return tableNotes(definition, old);
    case 'view':
      return [];
    case 'materialized view': {
      const fills = fillNotes(reads, definitions);
      return old === undefined ? fills : [...fills, 'meanwhile the old one serves under its name'];
    }
    case 'sink':
      return sinkNotes(definition, old, comparison);
  }
}

function tableNotes({ sql }: Definition, old: OwnObject | undefined): readonly string[] {
  const { connector } = topicOf(sql);
  if (old === undefined) return [];
  const lost = old.object.hasConnector ? 'its stored rows are lost' : 'its rows, if it has any, are lost';
  return connector === undefined
    ? [`${lost}; the new one starts empty`]
    : [`${lost}; the new one ${readsAgain(sql)}`];
}

function sinkNotes(
  { sql, sqlHash, reads }: Definition,
  old: OwnObject | undefined,
  { kept }: Comparison,
): readonly string[] {
  const options = optionsOf(sql);
  const view = reads[0] ?? 'its query';
  const hasSnapshot = options.get('snapshot')?.toLowerCase() !== 'false';
  if (old === undefined) return hasSnapshot ? [`writes all rows of ${view} first`] : [];
  const notes: string[] = [];
  if (hasSnapshot) {
    notes.push(
      `writes all rows of ${view} again; what it wrote before stays in place, and stands still until then`,
    );
    if (!reads.every((read) => kept.has(read)))
      notes.push(`what it wrote for keys that the new ${view} no longer has stays in ${targetOf(options)}`);
  } else {
    notes.push(
      `has snapshot = 'false': rows that do not change keep their old content in ${targetOf(options)}`,
      'changes between the drop of the old sink and the start of the new one are not written',
    );
  }
  if (old.entry.sqlHash !== sqlHash)
    notes.push('if it now writes elsewhere, what it wrote stays where it was');
  if (options.get('type') === 'append-only')
    notes.push('is append-only: its target receives all rows a second time');
  return notes;
}

function targetOf(options: ReadonlyMap<string, string>): string {
  const name =
    options.get('table') ??
    options.get('dynamodb.table') ??
    options.get('topic') ??
    options.get('table.name');
  return name === undefined ? 'the target' : `${options.get('connector')} ${name}`;
}

/** What a view fills from: the stored relations and the topics below it, through plain views. */
function fillNotes(reads: readonly string[], definitions: readonly Definition[]): readonly string[] {
  const stored = new Set<string>();
  const topics = new Set<string>();
  const visit = (name: string): void => {
    const found = definitions.find((definition) => definition.name === name)!;
    if (found.kind === 'view') found.reads.forEach(visit);
    else if (found.kind === 'source') topics.add(`${readsAgain(found.sql)} (source ${name})`);
    else stored.add(name);
  };
  reads.forEach(visit);
  return [...(stored.size === 0 ? [] : [`fills from ${[...stored].join(', ')}`]), ...topics];
}

function topicOf(sql: string): { connector: string | undefined; topic: string | undefined; start: string } {
  const options = optionsOf(sql);
  const start = options.get('scan.startup.mode') ?? options.get('kafka.scan.startup.mode') ?? 'earliest';
  return {
    connector: options.get('connector'),
    topic: options.get('topic') ?? options.get('kafka.topic'),
    start: options.has('scan.startup.timestamp.millis') ? 'its start time' : start,
  };
}

function readsAgain(sql: string): string {
  const { connector, topic, start } = topicOf(sql);
  if (topic === undefined) return `reads its ${connector ?? 'connector'} from the beginning`;
  if (start === 'latest') return `reads topic ${topic} from now on: earlier records are missing`;
  return `reads topic ${topic} from ${start}: what the topic no longer holds is missing`;
}
