import type { Token } from './tokens.ts';

const STEADY = 'a view is always up to date; leave it out';
const NO_LEFT_OVER = 'list the columns that you want';

/** Words of other dialects at which PostgreSQL's parser stops, each with what to write instead. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['qualify', 'number the rows in a sub-select, and filter in the query around it: WHERE rn <= n'],
  ['emit', 'a view emits every change; leave it out'],
  ['final', STEADY],
  ['nolock', 'leave it out'],
  ['prewhere', 'use WHERE'],
  ['settings', 'leave it out'],
  ['pivot', 'use SUM(CASE WHEN ... END) for each column'],
  ['unpivot', 'write one SELECT for each column, combined with UNION ALL'],
  ['xor', 'write a <> b, with a condition on each side'],
  ['rlike', "write x ~ 'pattern'"],
  ['regexp', "write x ~ 'pattern'"],
  ['glob', "write x LIKE 'pattern', with % and _"],
  ['contains', 'for an array, write column @> ARRAY[x]; for a text, write strpos(text, x) > 0'],
  ['apply', 'join with a sub-select: JOIN (SELECT ...) x ON ...'],
  ['separator', "write string_agg(x, ',')"],
  ['exclude', NO_LEFT_OVER],
  ['replace', NO_LEFT_OVER],
]);

/** Clocks that are written without brackets. */
const CLOCKS: readonly string[] = ['current_timestamp', 'current_date', 'localtimestamp'];

/**
 * Returns what to write instead of a clause of another dialect. `at` is the index of the token at which PostgreSQL's
 * parser stops. Undefined if the tokens look like no other dialect.
 */
export function dialectHint(tokens: readonly Token[], at: number): string | undefined {
  const word = (i: number): string => (tokens[i]?.kind === 'word' ? tokens[i].value : '');
  const raw = (i: number): string => tokens[i]?.raw ?? '';
  const [before, here, after] = [word(at - 1), word(at), word(at + 1)];
  if (before === 'qualify') return WORDS.get(before);
  if (here === 'with' && (after === 'rollup' || after === 'cube')) {
    return 'write one view per grouping, or UNION ALL them';
  }
  if (here === 'with' && raw(at + 1) === '(') return 'leave it out: it is a table hint of another system';
  if (here === 'by' && word(at - 2) === 'limit') {
    return (
      'for the first n rows of each key, write ROW_NUMBER() OVER (PARTITION BY key ORDER BY ...) AS rn, ' +
      'and WHERE rn <= n'
    );
  }
  if (here === 'limit' && tokens.slice(at).some((t) => t.raw === ','))
    return 'write LIMIT count OFFSET start';
  if (before === 'top' && tokens[at]?.kind === 'number') return `write LIMIT ${raw(at)} at the end`;
  if (here === 'select' && before === 'minus') {
    return 'use LEFT JOIN ... WHERE right.key IS NULL';
  }
  if (here === 'where' && before === 'filter') return 'write FILTER (WHERE ...)';
  if (['group', 'order', 'partition'].includes(before) && here !== 'by') {
    return `write ${before.toUpperCase()} BY`;
  }
  if (raw(at - 1) === '(' && before === '' && word(at - 2) === 'except') return NO_LEFT_OVER;
  if (here === 'as' && isInCall(tokens, at, ['try_cast', 'safe_cast'])) {
    return 'write x::TYPE: a value that does not fit becomes NULL in its row, and is counted';
  }
  if (before === 'of' && word(at - 2) === 'as') return 'write a plain JOIN; the view follows both sides';
  if (raw(at) === ')' && raw(at - 1) === '(' && CLOCKS.includes(word(at - 2))) {
    return `leave the brackets out: ${word(at - 2).toUpperCase()}; or write now()`;
  }
  if (raw(at) === '*' && before === 'distinct') return 'write COUNT(*) FROM (SELECT DISTINCT ...) x';
  if (raw(at) === ':') return "write doc ->> 'key' for text, or doc -> 'key' for JSON";
  return WORDS.get(here);
}

/** Returns whether token `at` stands among the arguments of a call to one of `names`. */
function isInCall(tokens: readonly Token[], at: number, names: readonly string[]): boolean {
  let depth = 0;
  for (let i = at - 1; i > 0; i--) {
    if (tokens[i]!.raw === ')') depth++;
    if (tokens[i]!.raw === '(' && depth-- === 0) return names.includes(tokens[i - 1]!.value);
  }
  return false;
}
