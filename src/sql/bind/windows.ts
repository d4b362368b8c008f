import type { FuncCall, Node, WindowDef } from '@pgsql/types';
import { BIGINT } from '../../values/types.ts';
import type { ColumnExpr, Expr, Span } from '../../plan/expr.ts';
import type { OrderKey } from '../../plan/nodes.ts';
import { didYouMean } from '../did-you-mean.ts';
import { failure, unsupported } from '../failure.ts';
import { isAggregate } from './aggregates.ts';
import { settle } from './coerce.ts';
import type { ExprBinder } from './expr-binder.ts';
import { exprKey } from '../../plan/expr-key.ts';
import { bindSortKeys } from './sort-keys.ts';

/** The column index that stands for ROW_NUMBER() while a SELECT is bound. */
export const RANK_INDEX = -1_000_000;

/** The window of a ROW_NUMBER() call. */
export interface RowNumber {
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderKey[];
  readonly span: Span;
}

/** The single window of a SELECT, and the windows that its WINDOW clause names. */
export class WindowSlots {
  rowNumber: RowNumber | undefined;
  readonly named: ReadonlyMap<string, WindowDef>;

  constructor(windowClause: readonly Node[] | undefined) {
    this.named = new Map(
      (windowClause ?? []).flatMap((n) =>
        'WindowDef' in n && n.WindowDef.name !== undefined ? [[n.WindowDef.name, n.WindowDef] as const] : [],
      ),
    );
  }
}

const HINT =
  'for the top n rows of each group, use ROW_NUMBER() in a sub-select, and WHERE rn <= n around it';

const BEFORE =
  'for the value before the latest, select ROW_NUMBER() OVER (PARTITION BY key ORDER BY ts DESC) AS rn in a ' +
  'sub-select, and around it write WHERE rn <= 2 GROUP BY key, with MAX(x) FILTER (WHERE rn = 2); ' +
  'for the previous value of every row, let the producer send it';
const TOTAL = 'aggregate with GROUP BY in a sub-select, and join with it';
const RUNNING =
  'for a total per group or day, aggregate with GROUP BY in a view; running totals are not supported yet';
const OF_ALL_ROWS =
  'for the first n rows of each group, use ROW_NUMBER() <= n; a rank among all rows is not supported yet';

/** What to write instead of window functions that do not number rows. HINT is for those that do. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['lag', BEFORE],
  ['lead', BEFORE],
  [
    'nth_value',
    'number the rows by ROW_NUMBER() in a sub-select, and take MAX(x) FILTER (WHERE rn = n) around it',
  ],
  ['ntile', OF_ALL_ROWS],
  ['percent_rank', OF_ALL_ROWS],
  ['cume_dist', OF_ALL_ROWS],
]);

/** Binds a function call with OVER. Only ROW_NUMBER() is supported; the query around must limit it (rank-limit.ts). */
export function bindWindowCall(name: string, node: FuncCall, binder: ExprBinder): Expr {
  const span = binder.span(node.location);
  const { windows, clause, slice } = binder.context;
  if (isAggregate(name)) {
    const isRunning =
      definition(node.over!, windows ?? new WindowSlots(undefined), span).orderClause !== undefined;
    throw unsupported(`${name}() OVER`, span, isRunning ? RUNNING : TOTAL);
  }
  if (name !== 'row_number') throw unsupported(`window function ${name}()`, span, OTHERS.get(name) ?? HINT);
  if (windows === undefined) {
    throw failure('42P20', `window functions are not allowed in ${clause}`, span, HINT);
  }
  const odd = [
    [(node.args ?? []).length > 0 || node.agg_star === true, 'takes no arguments'],
    [node.agg_filter !== undefined, 'takes no FILTER'],
    [
      node.agg_distinct === true || node.agg_order !== undefined,
      'takes no DISTINCT and no ORDER BY of its own',
    ],
  ].find(([found]) => found === true)?.[1];
  if (odd !== undefined) throw failure('42883', `row_number() ${odd}`, span, 'write ROW_NUMBER() OVER (...)');
  const over = definition(node.over!, windows, span);
  const inner = binder.within({ windows: undefined, clause: 'a window definition' });
  const rowNumber: RowNumber = {
    partitionBy: inner.bindAll(over.partitionClause).map(settle),
    orderBy: bindSortKeys(over.orderClause, slice, (n) => inner.bind(n)),
    span,
  };
  if (rowNumber.orderBy.length === 0) {
    throw failure('42P20', 'row_number() needs an order', span, 'write OVER (PARTITION BY ... ORDER BY ...)');
  }
  if (windows.rowNumber !== undefined && rowNumberKey(windows.rowNumber) !== rowNumberKey(rowNumber)) {
    throw unsupported('more than one window in a SELECT', span, 'nest one of them in a sub-select');
  }
  windows.rowNumber ??= rowNumber;
  const column: ColumnExpr = { kind: 'column', index: RANK_INDEX, name, type: BIGINT, nullable: false, span };
  return column;
}

function definition(over: WindowDef, windows: WindowSlots, span: Span): WindowDef {
  const name = over.name ?? over.refname;
  if (name === undefined) return over;
  const named = windows.named.get(name);
  if (named === undefined) {
    throw failure('42704', `window "${name}" does not exist`, span, didYouMean(name, windows.named.keys()));
  }
  const extended = over.refname !== undefined && (over.partitionClause ?? over.orderClause) !== undefined;
  if (extended || named.refname !== undefined) {
    throw unsupported(
      'a window that extends another',
      span,
      'write its PARTITION BY and ORDER BY in one place',
    );
  }
  return named;
}

function rowNumberKey(r: RowNumber): string {
  const order = r.orderBy.map((k) => `${exprKey(k.expr)} ${k.descending} ${k.nullsFirst}`);
  return `${r.partitionBy.map(exprKey).join()}|${order.join()}`;
}
