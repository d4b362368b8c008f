import type { Span } from '../../plan/expr.ts';
import type { PlanColumn, PlanNode } from '../../plan/nodes.ts';
import { didYouMean } from '../did-you-mean.ts';
import { Abandoned, failure } from '../failure.ts';
import type { Name } from '../text/cursor.ts';

/** A relation that a query can read. */
export interface Relation {
  readonly kind: 'source' | 'table' | 'materialized view' | 'view';
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  /** Sets of columns that identify a row, by position. */
  readonly keys: readonly (readonly number[])[];
  /** The keys by which the engine can store its rows. */
  readonly storedKeys: readonly (readonly number[])[];
  /** The key by which the engine stores its rows. */
  readonly key: readonly number[] | undefined;
  /** The plan that replaces a plain view in a query; undefined for other relations. */
  readonly plan: PlanNode | undefined;
}

/** The names defined so far. Relations and sinks share one namespace. */
export class Catalog {
  readonly #relations = new Map<string, Relation>();
  readonly #sinks = new Map<string, Span>();
  readonly #failed = new Map<string, readonly PlanColumn[]>();
  readonly #later: ReadonlyMap<string, Span>;
  /** The name whose definition was begun last. */
  #current: string | undefined;
  #reads = new Set<string>();

  /** `later` holds the span where each name of the pipeline is first defined, for hints about order. */
  constructor(later: ReadonlyMap<string, Span>) {
    this.#later = later;
  }

  /** Begins a definition. Throws SqlFailure if the name is taken. */
  claim(name: Name): void {
    this.#current = name.value;
    this.#reads = new Set();
    const taken = this.#relations.get(name.value);
    if (taken === undefined && !this.#sinks.has(name.value)) return;
    throw failure(
      '42P07',
      `${taken?.kind ?? 'relation'} "${name.value}" already exists`,
      name.span,
      'choose another name, or remove one of the two',
    );
  }
  /** Names that the definition begun last has read so far. */
  get reads(): ReadonlySet<string> {
    return this.#reads;
  }
  hasFailed(name: string): boolean {
    return this.#failed.has(name);
  }
  has(name: string): boolean {
    return this.#relations.has(name) || this.#sinks.has(name) || this.#failed.has(name);
  }
  define(relation: Relation): void {
    this.#relations.set(relation.name, relation);
  }
  defineSink(name: Name): void {
    this.#sinks.set(name.value, name.span);
  }
  /** Marks a name whose definition failed: its readers are not reported. `known` holds columns that it surely has. */
  fail(name: string, known: readonly PlanColumn[] = []): void {
    if (!this.#relations.has(name) && !this.#failed.has(name)) this.#failed.set(name, known);
  }
  /** Returns the known columns of a relation whose definition failed. */
  knownOf(name: string): readonly PlanColumn[] {
    return this.#failed.get(name) ?? [];
  }

  /** Returns a relation. Throws SqlFailure if it does not exist, and Abandoned if its definition failed. */
  lookup(name: string, span: Span): Relation {
    this.#reads.add(name);
    const found = this.#relations.get(name);
    if (found !== undefined) return found;
    if (this.#failed.has(name)) throw new Abandoned();
    throw failure('42P01', `relation "${name}" does not exist`, span, this.#missingHint(name, span));
  }

  #missingHint(name: string, span: Span): string | undefined {
    if (this.#sinks.has(name)) return `"${name}" is a sink, and a sink cannot be read from`;
    const later = this.#later.get(name);
    if (later === undefined)
      return didYouMean(name, this.#relations.keys(), 'create it in an earlier statement');
    if (name === this.#current) return `this statement defines "${name}", and cannot read it`;
    return later.file === span.file
      ? `"${name}" is defined further down; move it up`
      : `"${name}" is defined later, in ${later.file}; files are applied in name order`;
  }
}
