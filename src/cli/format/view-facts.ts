import { columnFacts, type ColumnFacts } from '../../plan/column-facts.ts';
import type { Pipeline } from '../../plan/pipeline.ts';

/** Returns what the SQL tells about the columns of each view, by its name. */
export function factsOfViews({ views }: Pipeline): ReadonlyMap<string, readonly ColumnFacts[]> {
  const facts = new Map<string, readonly ColumnFacts[]>();
  for (const { name, plan } of views)
    facts.set(
      name,
      columnFacts(plan, (view) => facts.get(view)),
    );
  return facts;
}
