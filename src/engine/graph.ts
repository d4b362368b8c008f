import type { ViewDef } from '../plan/pipeline.ts';
import type { MapOperator } from './operators/map.ts';
import type { RowCount } from './operators/row-count.ts';
import type { SourceStream } from './operators/source.ts';
import type { Operator, Stream } from './operators/stream.ts';

/** A materialized view as it runs: the stream its rows lie in, and how they are computed from it. */
export interface RunningView {
  readonly def: ViewDef;
  /** Slotted, or a multiset: `stream.gather(stream.liveSlots())` mapped by `map` gives the rows. */
  readonly stream: Stream;
  /** undefined: the stream's rows are the view's. */
  readonly map: MapOperator | undefined;
  /** undefined: the view has as many rows as the stream. */
  readonly count: RowCount | undefined;
}

export interface Graph {
  readonly sources: ReadonlyMap<string, SourceStream>;
  /** In topological order. */
  readonly operators: readonly Operator[];
  readonly views: ReadonlyMap<string, RunningView>;
}
