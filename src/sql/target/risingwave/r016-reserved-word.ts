import type { Node } from '@pgsql/types';
import type { Span } from '../../../plan/expr.ts';
import type { Statement } from '../../ddl/statement.ts';
import type { Slice } from '../../text/slice.ts';
import type { Token } from '../../text/tokens.ts';
import { walk } from '../query.ts';
import type { Tree } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** Words that begin a syntax of their own, and so are no names of columns in an expression. */
const IN_EXPRESSIONS = new Set(
  'aggregate cube exists extract interval overlay position rollup row substring trim try_cast'.split(' '),
);
/** Words that end a select item, and so cannot name it without AS. */
const AFTER_ITEMS = new Set(
  'all analyze and any between cluster collate explain ilike in is lateral like or select similar some sort top view xor'.split(
    ' ',
  ),
);
/** Words that end a table of FROM, and so cannot name it without AS. */
const AFTER_TABLES = new Set('asof cluster explain set sort top view'.split(' '));
/** Words that no column can have as its name in CREATE TABLE and CREATE SOURCE. */
const IN_COLUMNS = new Set(
  (
    'authorization binary collation concurrently cross freeze full ilike inner is isnull join left natural notnull ' +
    'outer overlaps right similar tablesample verbose watermark'
  ).split(' '),
);

/** RisingWave reserves words that PostgreSQL leaves to users. */
export const RESERVED_WORD: TargetRule = {
  code: 'R016',
  about: 'a name that is a reserved word in RisingWave',
  source:
    "RisingWave's src/sqlparser/src/keywords.rs and parser.rs, compiled alone, over every keyword in every place",
  renderable: false,
  check: ({ statements, trees }) =>
    [...statements.flatMap(inColumns), ...trees.flatMap(inTree)].map(([word, span, hint]) =>
      refused('R016', `RisingWave does not take the word ${word} as a name here`, hint, span),
    ),
};

type Found = readonly [word: string, span: Span, hint: string];

function inColumns(s: Statement): readonly Found[] {
  if (s.kind !== 'source' && s.kind !== 'table') return [];
  return s.columns.flatMap(({ name, type }): Found[] => {
    const { start, end } = name.span;
    const isPlain = !type.source.original.slice(start, end).startsWith('"');
    return isPlain && IN_COLUMNS.has(name.value) ? [[name.value, name.span, `write "${name.value}"`]] : [];
  });
}

function inTree({ tree, slice }: Tree): readonly Found[] {
  const found: Found[] = [];
  const span = (t: Token): Span => slice.source.span(t.start, t.end);
  walk(tree, (_, node) => {
    const column = plainColumn(node, slice);
    if (column !== undefined && IN_EXPRESSIONS.has(column.value))
      found.push([column.value, span(column), `write "${column.value}"`]);
    if ('RangeVar' in node) {
      const { alias, location } = node.RangeVar;
      const behind = tokenBehind(slice, location);
      if (behind?.kind === 'word' && behind.value === alias?.aliasname && AFTER_TABLES.has(behind.value))
        found.push([behind.value, span(behind), `write AS ${behind.value}`]);
    }
  });
  for (const t of bareAliases(tree, slice)) found.push([t.value, span(t), `write AS ${t.value}`]);
  return found;
}

/** Returns the token of a column without a qualifier and without quotes. */
function plainColumn(node: Node, slice: Slice): Token | undefined {
  if (!('ColumnRef' in node) || node.ColumnRef.fields?.length !== 1) return undefined;
  const { start } = slice.spanAt(node.ColumnRef.location);
  const token = slice.tokens.find((t) => t.start === start);
  return token?.kind === 'word' ? token : undefined;
}

/** Returns the token behind the table name at a location of the parse tree. */
function tokenBehind(slice: Slice, location: number | undefined): Token | undefined {
  const { end } = slice.spanAt(location);
  return slice.tokens.find((t) => t.start >= end);
}

/** Returns the words that name select items without AS. */
function bareAliases(tree: unknown, slice: Slice): readonly Token[] {
  const names = new Set<string>();
  walk(tree, (_, node) => {
    if ('ResTarget' in node && node.ResTarget.name !== undefined) names.add(node.ResTarget.name);
  });
  return slice.tokens.filter((t, i) => {
    const [before, next] = [slice.tokens[i - 1], slice.tokens[i + 1]];
    const isName = t.kind === 'word' && AFTER_ITEMS.has(t.value) && names.has(t.value);
    const isLast = next === undefined || next.raw === ',' || next.raw === ')' || next.value === 'from';
    return isName && isLast && before?.value !== 'as' && before?.raw !== '.';
  });
}
