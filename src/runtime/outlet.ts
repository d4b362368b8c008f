import type { Sink } from '../sinks/sink.ts';
import { KeySet } from '../storage/pending-keys.ts';

/**
 * Where delivery to one destination stands.
 *
 *   waiting -> backfilling -> clearing -> live
 *
 * | state       | the destination                                         | what it is handed                             |
 * |-------------|---------------------------------------------------------|-----------------------------------------------|
 * | waiting     | is to get every row of the view                         | nothing, until the views have caught up       |
 * | backfilling | gets them, some at each barrier                         | changes, and behind them the next of the rows |
 * | clearing    | has them all, and maybe items that no row stands for    | changes                                       |
 * | live        | has exactly the rows of the view                        | changes                                       |
 *
 * A first start, a rebuild and another destination begin with `waiting`. A state is left only after what belongs to
 * it is on record and handed over.
 */
export type DeliveryState =
  | { readonly kind: 'waiting' }
  /** `place`: where in the view it goes on. */
  | { readonly kind: 'backfilling'; readonly place: number }
  | { readonly kind: 'clearing' }
  | { readonly kind: 'live' };

/** A sink and what delivery knows of it. */
export interface Outlet {
  /** In files: the name with the types of its key, since keys of other types are of no use to it. */
  readonly id: string;
  readonly sink: Sink;
  readonly key: readonly number[];
  /** The destination that the state is of. */
  destination: string;
  state: DeliveryState;
  /** Every row has been, or will be, written with this version or a later one. */
  since_epoch: number;
  /** To be delivered again once the views have caught up. */
  owed: KeySet;
  /** Writes that the sink was done with at the last barrier. */
  done: number;
}

export function newOutlet(id: string, sink: Sink, key: readonly number[]): Outlet {
  return {
    id,
    sink,
    key,
    destination: '',
    state: { kind: 'waiting' },
    since_epoch: 0,
    owed: new KeySet(),
    done: 0,
  };
}
