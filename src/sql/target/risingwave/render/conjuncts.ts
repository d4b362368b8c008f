import type { Node, SelectStmt } from '@pgsql/types';
import type { TokenRange } from '../../../text/node-range.ts';
import { clausesOf, endOf } from '../../../text/select-clauses.ts';
import type { QueryText } from './query-text.ts';

/** A conjunct of WHERE, HAVING or ON. */
export interface Conjunct {
  readonly node: Node;
  readonly clause: 'where' | 'having' | 'on';
}

/** Returns the conjuncts of a SELECT, in the order of the text within each clause. */
export function conjunctsIn({ whereClause, havingClause, fromClause = [] }: SelectStmt): readonly Conjunct[] {
  const of = (node: Node | undefined, clause: Conjunct['clause']): Conjunct[] => {
    if (node === undefined) return [];
    if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR')
      return (node.BoolExpr.args ?? []).flatMap((arg) => of(arg, clause));
    return [{ node, clause }];
  };
  const joins = (node: Node): Conjunct[] =>
    'JoinExpr' in node
      ? [...joins(node.JoinExpr.larg!), ...joins(node.JoinExpr.rarg!), ...of(node.JoinExpr.quals, 'on')]
      : [];
  return [...of(whereClause, 'where'), ...of(havingClause, 'having'), ...fromClause.flatMap(joins)];
}

/** Takes conjuncts out of WHERE, and the whole clause with the last one. Layout stays, where no brackets group them. */
export function removeConjuncts(
  stmt: SelectStmt,
  conjuncts: readonly Conjunct[],
  dropped: ReadonlySet<Node>,
  text: QueryText,
): void {
  const list = conjuncts.filter(({ clause }) => clause === 'where');
  if (!list.some(({ node }) => dropped.has(node))) return;
  const clauses = clausesOf(stmt, text.slice);
  const whole = { first: clauses.at.get('where')!, last: endOf('where', clauses) };
  const ranges = list.map(({ node }) => ({ ...inBrackets(node, text), isDropped: dropped.has(node) }));
  const kept = ranges.filter((range) => !range.isDropped);
  if (kept.length === 0) text.remove(whole);
  else if (isFlat(ranges, whole)) {
    const first = ranges.findIndex((range) => !range.isDropped);
    ranges.forEach((range, i) => {
      if (!range.isDropped) return;
      if (i < first) text.remove({ first: range.first, last: range.last + 1 }, 'behind');
      else text.remove({ first: range.first - 1, last: range.last });
    });
  } else text.replace(whole, `WHERE ${kept.map((range) => text.text(range)).join(' AND ')}`);
}

/** Returns the tokens of a conjunct with the brackets around it. */
function inBrackets(node: Node, text: QueryText): TokenRange {
  const { tokens } = text.slice;
  let { first, last } = text.rangeOf(node);
  while (tokens[first - 1]?.raw === '(' && tokens[last + 1]?.raw === ')') {
    first--;
    last++;
  }
  return { first, last };
}

/** Returns whether conjuncts follow each other with nothing but AND between them. */
function isFlat(ranges: readonly TokenRange[], whole: TokenRange): boolean {
  return ranges.every(({ first, last }, i) => {
    const begins = i === 0 ? first === whole.first + 1 : first === ranges[i - 1]!.last + 2;
    return begins && (i < ranges.length - 1 || last === whole.last);
  });
}
