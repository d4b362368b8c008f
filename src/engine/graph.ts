import type { ViewDef } from '../plan/pipeline.ts';
import type { KeyedOperator } from './operators/keyed.ts';
import type { MapOperator } from './operators/map.ts';
import type { RowCount } from './operators/row-count.ts';
import type { SourceStream } from './operators/source.ts';
import type { Operator, Stream } from './operators/stream.ts';

/** A running materialized view: the stream that holds its rows, and how they are computed from it. */
export interface RunningView {
  readonly def: ViewDef;
  /** Slotted, or a multiset: `stream.gather(stream.liveSlots())` mapped by `map` gives the rows. */
  readonly stream: Stream;
  /** Undefined if the stream's rows are the view's rows. */
  readonly map: MapOperator | undefined;
  /** Undefined if the view has as many rows as the stream. */
  readonly count: RowCount | undefined;
}

/** The running form of a pipeline. */
export interface Graph {
  readonly sources: ReadonlyMap<string, SourceStream>;
  /** The rows of each table with a primary key. */
  readonly tables: ReadonlyMap<string, KeyedOperator>;
  /** In topological order. */
  readonly operators: readonly Operator[];
  readonly views: ReadonlyMap<string, RunningView>;
}
