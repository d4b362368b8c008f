import type { PlanColumn } from '../../plan/nodes.ts';
import type { Batch } from '../batch.ts';
import type { Consumer } from './stream.ts';
import { Stream } from './stream.ts';

/** UNION ALL: passes on the rows of its inputs. Keeps no state. */
export class UnionStream extends Stream implements Consumer {
  constructor(columns: readonly PlanColumn[], appendOnly: boolean) {
    super(columns, { appendOnly, slotted: false, consolidated: false });
  }

  apply(batch: Batch): void {
    // Slots of different inputs would collide.
    const slotted = batch.hasSlots;
    batch.hasSlots = false;
    this.send(batch);
    batch.hasSlots = slotted;
  }
}
