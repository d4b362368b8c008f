import type { Span } from '../../plan/expr.ts';
import type { PlanColumn, PlanNode } from '../../plan/nodes.ts';
import { didYouMean } from '../did-you-mean.ts';
import { Abandoned, failure } from '../failure.ts';
import type { Name } from '../text/cursor.ts';

/** Something a query can read from. */
export interface Relation {
  readonly kind: 'source' | 'table' | 'materialized view' | 'view';
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  /** Sets of columns that identify a row, by position. */
  readonly keys: readonly (readonly number[])[];
  /** Those of them by which its rows may lie in the engine. */
  readonly storedKeys: readonly (readonly number[])[];
  /** The one of them by which they do. */
  readonly key: readonly number[] | undefined;
  /** Of a plain view: what it is inlined as. */
  readonly plan: PlanNode | undefined;
}

/** The names defined so far. Relations and sinks share one name space. */
export class Catalog {
  readonly #relations = new Map<string, Relation>();
  readonly #sinks = new Map<string, Span>();
  readonly #failed = new Map<string, readonly PlanColumn[]>();
  readonly #later: ReadonlyMap<string, Span>;
  /** The name that is being defined. */
  #current: string | undefined;
  #reads = new Set<string>();

  /** `later`: where each name of the whole pipeline is defined first, for hints about order. */
  constructor(later: ReadonlyMap<string, Span>) {
    this.#later = later;
  }

  /** Begins a definition. Throws if the name is taken. */
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
  /** What the definition that was begun last has read so far. */
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
  /** Marks a name whose definition failed: what reads it is not reported again. `known`: columns it is sure to have. */
  fail(name: string, known: readonly PlanColumn[] = []): void {
    if (!this.#relations.has(name) && !this.#failed.has(name)) this.#failed.set(name, known);
  }
  /** Columns that are known of a relation whose definition failed. */
  knownOf(name: string): readonly PlanColumn[] {
    return this.#failed.get(name) ?? [];
  }

  /** Throws a SqlFailure if there is no such relation, Abandoned if its own definition failed. */
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
    if (name === this.#current) return `"${name}" is what this statement defines, and cannot read itself`;
    return later.file === span.file
      ? `"${name}" is defined further down; move it up`
      : `"${name}" is defined later, in ${later.file}; files are applied in name order`;
  }
}
