import type { Node } from '@pgsql/types';
import type { Span } from '../../../plan/expr.ts';
import { integerConst } from '../../bind/type-name.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import type { Slice } from '../../text/slice.ts';
import type { Token } from '../../text/tokens.ts';
import { functionName, slicesOf, walk } from '../query.ts';
import type { Tree } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** A spelling that RisingWave's parser does not read: what it is, and what to write. */
type Unread = readonly [what: string, hint: string];

/** Types that can follow `::` in RisingWave, and cannot stand before a text. */
const NOT_BEFORE_TEXT = new Set(['timestamptz', 'int2', 'int4', 'int8', 'float4', 'float8']);

/** RisingWave has a parser of its own, which reads most of PostgreSQL's spellings, with the same precedence. */
export const UNREAD_SYNTAX: TargetRule = {
  code: 'R014',
  about: "a spelling of PostgreSQL that RisingWave's parser does not read",
  source:
    'RisingWave\'s src/sqlparser, compiled alone, answers "sql parser error"; operators with a schema are refused by src/frontend/src/binder/expr/binary_op.rs',
  renderable: false,
  check: ({ statements, trees }) => {
    const found: (readonly [Unread, Span])[] = [];
    for (const slice of slicesOf(statements)) found.push(...inTokens(slice));
    for (const tree of trees) found.push(...inTree(tree));
    return found.map(([[what, hint], span]) =>
      refused('R014', `RisingWave does not read ${what}`, hint, span),
    );
  },
};

function inTokens(slice: Slice): readonly (readonly [Unread, Span])[] {
  return slice.tokens.flatMap((token, i) => {
    const unread = unreadToken(token, (by) => slice.tokens[i + by]);
    return unread === undefined ? [] : [[unread, slice.source.span(token.start, token.end)] as const];
  });
}

function unreadToken(t: Token, at: (by: number) => Token | undefined): Unread | undefined {
  if (/^[uU]&['"]/.test(t.raw)) return ["U&'...'", "write the characters themselves, or E'\\u0061'"];
  if (t.kind === 'number' && t.raw.includes('_'))
    return ['underscores in numbers', `write ${t.raw.replaceAll('_', '')}`];
  if (t.kind === 'string' && t.raw.startsWith("'") && !/^'(?:[^']|'')*'$/.test(t.raw))
    return ['a text that goes on in the next line', 'join the parts with ||'];
  if (t.raw.startsWith('"') && t.raw.slice(1, -1).includes('"'))
    return ['a double quote in a name', 'choose a name without it'];
  if (t.kind !== 'word') return undefined;
  if (/[\u0080-\uffff]/.test(t.raw)) return [`the name ${t.raw} without quotes`, `write "${t.value}"`];
  const next = at(1);
  switch (t.value) {
    case 'isnull':
      return ['ISNULL', 'write IS NULL'];
    case 'notnull':
      return ['NOTNULL', 'write IS NOT NULL'];
    case 'asymmetric':
      return ['ASYMMETRIC', 'leave it out'];
    case 'table':
      return ['TABLE as a query', 'write SELECT * FROM'];
    case 'operator':
      return next?.raw === '(' ? ['OPERATOR(...)', 'write the operator alone'] : undefined;
    case 'distinct':
      return at(-1)?.value === 'union' ? ['UNION DISTINCT', 'write UNION'] : undefined;
    case 'all':
      return at(-1)?.value === 'by' ? ['GROUP BY ALL', 'leave ALL out'] : undefined;
    case 'offset':
      return isPlainNumber(next, at(2))
        ? undefined
        : ['OFFSET that is computed', 'write a number: OFFSET 10'];
    case 'fetch':
      return at(2)?.raw === '(' ? ['brackets in FETCH FIRST', 'write LIMIT'] : undefined;
    case 'array':
      return next?.raw === '[' || next?.raw === '(' ? undefined : ['ARRAY behind a type', 'write type[]'];
    default:
      return unreadType(t, next, at(-1));
  }
}

/** Returns whether a token is a number, and no operator follows. */
function isPlainNumber(t: Token | undefined, behind: Token | undefined): boolean {
  return t?.kind === 'number' && (behind?.kind !== 'symbol' || behind.raw === ')');
}

function unreadType(t: Token, next: Token | undefined, before: Token | undefined): Unread | undefined {
  if (next?.kind !== 'string') return undefined;
  const isQualified = before?.raw === '.';
  if (!isQualified && !NOT_BEFORE_TEXT.has(t.value)) return undefined;
  return [`the type ${t.raw} before a text`, `write ${next.raw}::${t.value}`];
}

function inTree({ tree, slice }: Tree): readonly (readonly [Unread, Span])[] {
  const found: (readonly [Unread, Span])[] = [];
  const report = (unread: Unread, location: number | undefined): void => {
    found.push([unread, slice.spanAt(location)]);
  };
  walk(tree, (_, node) => {
    if ('CommonTableExpr' in node) {
      const { ctematerialized, location } = node.CommonTableExpr;
      if (ctematerialized !== 'CTEMaterializeDefault' && ctematerialized !== undefined)
        report(['MATERIALIZED in WITH', 'leave it out'], location);
    }
    if ('TypeCast' in node) {
      const { arrayBounds, location } = node.TypeCast.typeName ?? {};
      if (arrayBounds?.some(isSized) === true)
        report(['an array type with a size', 'write type[]'], location);
    }
    if ('RangeVar' in node) {
      const { start, end } = slice.spanAt(node.RangeVar.location);
      const i = slice.tokens.findIndex((t) => t.end === end && t.start >= start);
      if (slice.tokens[i + 1]?.raw === '*')
        report(['* behind a table', 'leave it out'], node.RangeVar.location);
    }
    const call = unreadCall(node);
    if (call !== undefined) report(call, locationOf(node));
  });
  return found;
}

function isSized(bound: Node): boolean {
  return 'Integer' in bound ? bound.Integer.ival !== -1 : integerConst(bound) !== undefined;
}

function unreadCall(node: Node): Unread | undefined {
  if (!('FuncCall' in node)) return undefined;
  const { args = [], funcformat } = node.FuncCall;
  const name = functionName(node);
  if (name === 'overlay' && funcformat !== 'COERCE_SQL_SYNTAX')
    return ['overlay(...) with commas', 'write OVERLAY(text PLACING part FROM start FOR length)'];
  if (name !== 'substring' || funcformat !== 'COERCE_SQL_SYNTAX' || args.length < 3) return undefined;
  const [, from, length] = args.map((a) => locationOf(a) ?? 0);
  return length! < from! ? ['SUBSTRING with FOR before FROM', 'write FROM before FOR'] : undefined;
}
