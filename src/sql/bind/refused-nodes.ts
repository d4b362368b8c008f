import type { Node } from '@pgsql/types';
import type { Span } from '../../plan/expr.ts';
import { unsupported } from '../failure.ts';

/** The error for a kind of expression that the binder does not know. */
export function refusedNode(node: Node, span: Span): Error {
  if ('SubLink' in node) {
    const join = 'join with the query in FROM instead';
    switch (node.SubLink.subLinkType) {
      case 'EXISTS_SUBLINK':
        return unsupported('EXISTS (subquery)', span, join);
      case 'ANY_SUBLINK':
        return unsupported('IN (subquery)', span, join);
      case 'ALL_SUBLINK':
        return unsupported('ALL (subquery)', span, join);
      default:
        return unsupported('a scalar subquery', span, join);
    }
  }
  if ('ParamRef' in node) return unsupported('a parameter', span, 'use an environment variable: ${NAME}');
  if ('RowExpr' in node) return unsupported('a row value', span, 'compare the columns one by one');
  if ('CollateClause' in node)
    return unsupported('COLLATE', span, 'leave it out: text compares by code point');
  if ('GroupingFunc' in node) return unsupported('GROUPING()', span);
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
