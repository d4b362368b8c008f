import type { Node } from '@pgsql/types';
import type { Span } from '../../plan/expr.ts';
import { unsupported } from '../failure.ts';

const IN =
  'use JOIN (SELECT DISTINCT k ...) x ON x.k = t.k; NOT IN: LEFT JOIN, WHERE x.k IS NULL AND t.k IS NOT NULL';
const EXISTS = 'use JOIN (SELECT DISTINCT k ...) x ON x.k = t.k; NOT EXISTS: LEFT JOIN, WHERE x.k IS NULL';
const SCALAR =
  'use LEFT JOIN (SELECT k, MAX(y) AS m ... GROUP BY k) x ON x.k = t.k; without a key, select 1 AS one on both sides ' +
  'and join on it; wrap a COUNT in COALESCE(..., 0)';

/** Returns the error for a kind of expression that the binder does not support. */
export function refusedNode(node: Node, span: Span): Error {
  if ('SubLink' in node) {
    switch (node.SubLink.subLinkType) {
      case 'EXISTS_SUBLINK':
        return unsupported('EXISTS (subquery)', span, EXISTS);
      case 'ANY_SUBLINK':
        return unsupported('IN (subquery)', span, IN);
      case 'ALL_SUBLINK':
        return unsupported('ALL (subquery)', span, `compare with its MAX or MIN: ${SCALAR}`);
      default:
        return unsupported('a scalar subquery', span, SCALAR);
    }
  }
  if ('ParamRef' in node) return unsupported('a parameter', span, 'use an environment variable: ${NAME}');
  if ('RowExpr' in node) {
    const hint =
      'compare the columns one by one; to count different pairs, count the rows of SELECT DISTINCT a, b in FROM';
    return unsupported('a row value', span, hint);
  }
  if ('CollateClause' in node)
    return unsupported('COLLATE', span, 'leave it out: text compares by code point');
  if ('GroupingFunc' in node)
    return unsupported('GROUPING()', span, 'write one view per grouping, or UNION ALL them');
  const kind = Object.keys(node)[0] ?? '';
  if (kind === 'JsonObjectConstructor')
    return unsupported('JSON_OBJECT', span, 'use jsonb_build_object(key, value, ...)');
  if (kind === 'JsonArrayConstructor') return unsupported('JSON_ARRAY', span, 'use jsonb_build_array(...)');
  if (kind === 'JsonIsPredicate') return unsupported('IS JSON', span, 'use jsonb_typeof(doc)');
  if (kind.startsWith('Json'))
    return unsupported('this SQL/JSON function', span, 'use -> and ->>, or jsonb functions');
  if (kind.startsWith('Xml')) return unsupported('XML', span);
  return unsupported('this expression', span);
}
