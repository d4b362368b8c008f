import type { Node, SortBy } from '@pgsql/types';
import type { Expr } from '../../plan/expr.ts';
import type { OrderKey } from '../../plan/nodes.ts';
import { unsupported } from '../failure.ts';
import type { Slice } from '../text/slice.ts';
import { settle } from './coerce.ts';

/** Binds the items of ORDER BY. `bind` decides what a name or a number in them means. */
export function bindSortKeys(
  items: readonly Node[] | undefined,
  slice: Slice,
  bind: (node: Node) => Expr,
): OrderKey[] {
  return (items ?? []).flatMap((item) => {
    if (!('SortBy' in item)) return [];
    const sort: SortBy = item.SortBy;
    if (sort.sortby_dir === 'SORTBY_USING')
      throw unsupported('ORDER BY ... USING', slice.spanAt(sort.location), 'write ASC or DESC');
    const descending = sort.sortby_dir === 'SORTBY_DESC';
    const nullsFirst =
      sort.sortby_nulls === 'SORTBY_NULLS_FIRST' || (sort.sortby_nulls !== 'SORTBY_NULLS_LAST' && descending);
    return [{ expr: settle(bind(sort.node!)), descending, nullsFirst }];
  });
}
