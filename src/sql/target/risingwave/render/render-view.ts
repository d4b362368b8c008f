import type { PlanOfView } from '../../../../plan/never-null.ts';
import type { Reporter } from '../../../failure.ts';
import type { Slice } from '../../../text/slice.ts';
import type { TextEdits } from '../../../text/text-edits.ts';
import { atomsIn } from './atoms.ts';
import { guardSums } from './emptied-sums.ts';
import type { IsEmptied } from './emptied-sums.ts';
import { searchedCases, splitGroups } from './prepare.ts';
import { QueryRewriter } from './query-rewriter.ts';
import type { SelectVisitor } from './query-rewriter.ts';
import { QueryText } from './query-text.ts';
import { SelectRewriter } from './select-rewriter.ts';
import { spellTimes, spellUnits } from './spelling.ts';
import { castBranches } from './union-types.ts';

/** Changes the text of one query. */
export type QueryChange = (slice: Slice, edits: TextEdits) => void;

/**
 * Steps that write forms of the clock as others that mean the same, until every use is a condition over the rows of one
 * relation. Each step reads the text that the step before has made.
 */
export const PREPARATIONS: readonly QueryChange[] = [
  (slice, edits) => {
    const text = new QueryText(slice, edits);
    visit(slice, edits, (stmt) => searchedCases(stmt, text));
  },
  (slice, edits) => {
    const text = new QueryText(slice, edits);
    visit(slice, edits, (stmt, place, ctes) => splitGroups(stmt, place, ctes, text));
  },
];

function visit(slice: Slice, edits: TextEdits, select: SelectVisitor['select']): void {
  new QueryRewriter(slice, edits, { select, values: () => undefined, union: () => undefined }).rewrite(
    slice.query(),
  );
}

/**
 * Writes the conditions on the clock in a query as RisingWave can filter by them. Returns whether some of them stay
 * where they were, in other words, and whether sums are guarded.
 */
export function renderQuery(
  slice: Slice,
  edits: TextEdits,
  {
    reporter,
    planOf,
    isEmptied,
  }: { readonly reporter: Reporter; readonly planOf: PlanOfView; readonly isEmptied: IsEmptied },
): { readonly hasFilters: boolean; readonly hasSums: boolean } {
  const text = new QueryText(slice, edits);
  let hasFilters = false;
  let hasSums = false;
  const visitor: SelectVisitor = {
    select: (stmt, place, ctes) => {
      spellUnits(stmt, text);
      spellTimes(stmt, text);
      const { filters } = new SelectRewriter(stmt, place, { text, ctes, reporter, planOf }).rewrite();
      hasFilters ||= filters > 0;
      if (guardSums(stmt, text, isEmptied)) hasSums = true;
    },
    values: ({ valuesLists }) => {
      reporter.attempt(() => atomsIn(valuesLists, text));
    },
    union: (stmt) => castBranches(stmt, text),
  };
  new QueryRewriter(slice, edits, visitor).rewrite(slice.query());
  return { hasFilters, hasSums };
}
