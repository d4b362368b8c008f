import { nearest } from '../did-you-mean.ts';
import { failure, unsupported } from '../failure.ts';
import { Cursor } from '../text/cursor.ts';
import type { Name } from '../text/cursor.ts';
import type { SourceText } from '../text/source-text.ts';
import type { Token } from '../text/tokens.ts';
import { parseSink } from './parse-sink.ts';
import { parseSource } from './parse-source.ts';
import { parseView } from './parse-view.ts';
import type { Statement } from './statement.ts';

const ONLY_CREATE = 'a pipeline consists of CREATE SOURCE, TABLE, VIEW, MATERIALIZED VIEW and SINK';

const ASKS =
  'a pipeline only defines; to see the rows of a view, use freshet replay or a test (freshet-sql/testing)';
const SESSION =
  "leave it out: there is no session. Times are UTC; for local time write ts AT TIME ZONE 'Europe/Berlin'";
const REPLACED = 'leave it out: edit the CREATE statement in its file; the next start applies it';
const EVENTS = 'rows come from sources, or by POST /v1/sources/{source}/events; in a test, by insert()';
const RIGHTS = 'leave it out: tokens that are set at the start decide who may read and write';
const NO_TRANSACTION = 'leave it out: all definitions of a pipeline take effect together';

/** Statements of RisingWave and PostgreSQL that do not belong in a pipeline, each with what to do instead. */
const KNOWN_STATEMENTS: ReadonlyMap<string, string> = new Map([
  ...['select', 'values', 'with', 'show', 'describe', 'explain', 'analyze'].map((s) => [s, ASKS] as const),
  ...['set', 'reset', 'use', 'flush', 'wait', 'recover'].map((s) => [s, SESSION] as const),
  ...['drop', 'alter'].map((s) => [s, REPLACED] as const),
  ...['insert', 'update', 'delete', 'copy', 'truncate'].map((s) => [s, EVENTS] as const),
  ...['grant', 'revoke'].map((s) => [s, RIGHTS] as const),
  ...['begin', 'start', 'commit', 'rollback'].map((s) => [s, NO_TRANSACTION] as const),
  ['comment', 'leave it out, or write it as a comment: -- ...'],
]);

/** Parses the tokens of one statement. Throws SqlFailure at the first token that does not fit. */
export function parseStatement(source: SourceText, tokens: readonly Token[]): Statement {
  const c = new Cursor(source, tokens);
  const first = c.peek();
  if (!c.accept('create')) {
    const instead = first?.kind === 'word' ? KNOWN_STATEMENTS.get(first.value) : undefined;
    if (instead !== undefined) {
      throw failure('0A000', `${first!.value.toUpperCase()} does not belong in a pipeline`, c.here, instead);
    }
    throw c.unexpected('CREATE', misspelt(first, ['CREATE']) ?? ONLY_CREATE);
  }
  const orReplace = c.peek();
  const replace = c.accept('or', 'replace');
  const materialized = c.accept('materialized');
  if (materialized || c.isWord('view')) {
    c.expect('view');
    return parseView(c, materialized ? 'materialized view' : 'view', ...relationName(c));
  }
  if (replace && orReplace !== undefined) {
    throw unsupported('OR REPLACE of anything but a view', c.spanOf(orReplace), 'leave it out');
  }
  if (c.accept('source')) return parseSource(c, 'source', ...relationName(c));
  if (c.accept('table')) return parseSource(c, 'table', ...relationName(c));
  if (c.accept('sink')) return parseSink(c, ...relationName(c));
  const what = c.peek();
  const instead = what?.kind === 'word' ? CREATABLE.get(what.value) : undefined;
  if (instead !== undefined) throw unsupported(`CREATE ${what!.value.toUpperCase()}`, c.here, instead);
  throw c.unexpected('SOURCE, TABLE, VIEW, MATERIALIZED VIEW or SINK', misspelt(what, THINGS));
}

const THINGS = ['SOURCE', 'TABLE', 'VIEW', 'MATERIALIZED', 'SINK'];

function misspelt(token: Token | undefined, words: readonly string[]): string | undefined {
  const meant = token?.kind === 'word' ? nearest(token.value, words) : undefined;
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

const FOUND_BY_KEY = 'leave it out: rows of a view and items of DynamoDB are found by their keys';
const ONE_NAMESPACE = 'leave it out: a pipeline has one schema, public';
const FROM_ENVIRONMENT = "write it where it is used, from an environment variable: '${NAME}'";
const BUILT_IN = 'write it as an expression of built-in functions';

/** Other things that RisingWave or PostgreSQL can create, each with what to do instead. */
const CREATABLE: ReadonlyMap<string, string> = new Map([
  ...['index', 'unique'].map((s) => [s, FOUND_BY_KEY] as const),
  ...['schema', 'database'].map((s) => [s, ONE_NAMESPACE] as const),
  ...['secret', 'connection'].map((s) => [s, FROM_ENVIRONMENT] as const),
  ...['function', 'aggregate'].map((s) => [s, BUILT_IN] as const),
  ['user', RIGHTS],
  ...['subscription', 'type', 'temp', 'temporary', 'unlogged', 'recursive'].map(
    (s) => [s, ONLY_CREATE] as const,
  ),
]);

/** Consumes `[IF NOT EXISTS] [public.]name`. */
function relationName(c: Cursor): [ifNotExists: boolean, name: Name] {
  const ifNotExists = c.accept('if', 'not', 'exists');
  const name = c.name('a name');
  if (!c.acceptSymbol('.')) return [ifNotExists, name];
  if (name.value !== 'public') {
    throw unsupported(`schema "${name.value}"`, name.span, 'a pipeline has one schema, public');
  }
  return [ifNotExists, c.name('a name')];
}
