import { createHash } from 'node:crypto';
import type { RenderedPipeline, RenderedStatement } from '../sql/target/rendered.ts';
import type { Catalog, CatalogObject } from './catalog.ts';
import type { RecordEntry } from './record.ts';
import { withoutLayout } from './statement-text.ts';

/** A definition of the pipeline with its hashes, as a {@link RecordEntry} holds them. */
export interface Definition extends RenderedStatement {
  readonly hash: string;
  readonly sqlHash: string;
}

/** An object of this pipeline that Freshet made and that the catalog still holds. */
export interface OwnObject {
  /** With the id of the object. */
  readonly entry: RecordEntry;
  readonly object: CatalogObject;
  /** Whether the record lacks the id, since the run that made the object did not get that far. */
  readonly isUnfinished: boolean;
}

/** What a pipeline wants, against what the target has. */
export interface Comparison {
  /** In an order in which they can be made. */
  readonly definitions: readonly Definition[];
  /** The objects that are what a definition wants, by its name. */
  readonly kept: ReadonlyMap<string, OwnObject>;
  /** Older versions, removed definitions and trials. */
  readonly obsolete: readonly OwnObject[];
  /** Entries whose objects someone else dropped, or whose CREATE never took place. */
  readonly gone: readonly RecordEntry[];
}

/**
 * Compares a pipeline with the catalog and the record.
 *
 * An object is kept if the hash of its definition and of all that this reads is the one that it was made with. The
 * hash of a view thus changes with the views and sources below it: whoever reads a view reads it as an object, which a
 * new version under the same name does not reach.
 */
export function compare(
  pipeline: RenderedPipeline,
  catalog: Catalog,
  entries: readonly RecordEntry[],
): Comparison {
  const own: OwnObject[] = [];
  const gone: RecordEntry[] = [];
  for (const entry of entries.filter((each) => each.pipeline === pipeline.name)) {
    const object = objectOf(entry, catalog, entries);
    if (object === undefined) gone.push(entry);
    else {
      const isUnfinished = entry.objectId === undefined;
      own.push({ entry: { ...entry, objectId: object.id }, object, isUnfinished });
    }
  }
  const definitions = definitionsOf(pipeline);
  const kept = new Map<string, OwnObject>();
  for (const { name, hash, reads } of definitions) {
    const found = own.find(
      ({ entry }) => entry.state !== 'trial' && entry.name === name && entry.hash === hash,
    );
    if (found !== undefined && reads.every((each) => kept.has(each))) kept.set(name, found);
  }
  const wanted = new Set(kept.values());
  return { definitions, kept, obsolete: own.filter((each) => !wanted.has(each)), gone };
}

/**
 * Returns the object of an entry. Without an id, it is the one of its name that no other entry has the id of. What
 * somebody moved to another schema is no longer ours.
 */
function objectOf(
  entry: RecordEntry,
  catalog: Catalog,
  entries: readonly RecordEntry[],
): CatalogObject | undefined {
  const candidates = catalog.objects.filter((o) => o.kind === entry.kind && o.schema === catalog.schema);
  if (entry.objectId !== undefined) return candidates.find(({ id }) => id === entry.objectId);
  const taken = new Set(entries.map(({ objectId }) => objectId));
  return candidates.find((o) => o.name === entry.createdAs && !taken.has(o.id));
}

function definitionsOf({ statements }: RenderedPipeline): readonly Definition[] {
  const hashes = new Map<string, string>();
  return statements.map((statement) => {
    const { kind, name, sql, reads } = statement;
    const sqlHash = hashOf([kind, name, withoutLayout(sql)]);
    const hash = hashOf([sqlHash, ...reads.map((each) => hashes.get(each) ?? '').toSorted()]);
    hashes.set(name, hash);
    return { ...statement, sqlHash, hash };
  });
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
