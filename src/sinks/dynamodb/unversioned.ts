import type { Datum } from '../../values/datum.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { SinkError } from '../sink.ts';
import { DYNAMODB, type DynamoDbSinkSettings } from './options.ts';

/** The items without a version that a sink takes for its own. */
export interface UnversionedItems {
  /** Their sort key; undefined if the table has none, and so holds the items of one sink. */
  readonly sortKey: string | undefined;
}

/**
 * Returns which items without a version belong to a sink: with `freshet.gone_items = 'delete_all'` those under its sort
 * key, otherwise none (undefined). `constantOf` returns the value that a column has in every row. Throws SinkError if
 * the items could be those of another sink.
 */
export function unversionedItems(
  def: SinkDef,
  { bookkeeping, sortKey, takesUnversioned }: DynamoDbSinkSettings,
  constantOf: (column: number) => Datum | undefined,
): UnversionedItems | undefined {
  if (!takesUnversioned) return undefined;
  const option = [DYNAMODB.options.goneItems.name];
  if (!bookkeeping) {
    throw new SinkError(def.name, "freshet.gone_items = 'delete_all' needs freshet.bookkeeping = 'on'", {
      hint: 'without versions nothing tells an item that has just been written from one that is left over',
      option,
    });
  }
  if (sortKey !== undefined) return { sortKey };
  const column = def.primaryKey[1];
  if (column === undefined) return { sortKey: undefined };
  const value = constantOf(column);
  if (typeof value === 'string') return { sortKey: value };
  throw new SinkError(
    def.name,
    "freshet.gone_items = 'delete_all' needs a sort key that is the same text in every row",
    {
      hint: "without one, items of other sinks look the same; set it to 'delete', and delete the others by hand",
      option,
    },
  );
}

/** Throws SinkError if a sink takes items without a version for its own in a layout whose items always have one. */
export function refuseUnversioned(def: SinkDef, { layout, takesUnversioned }: DynamoDbSinkSettings): void {
  if (!takesUnversioned) return;
  throw new SinkError(def.name, `freshet.gone_items = 'delete_all' is for layout 'domain', not '${layout}'`, {
    hint: "only items of layout 'domain' have a form that other writers use; set it to 'delete'",
    option: [DYNAMODB.options.goneItems.name],
  });
}
