import { failure, unsupported } from '../failure.ts';
import { Cursor } from '../text/cursor.ts';
import type { Name } from '../text/cursor.ts';
import type { SourceText } from '../text/source-text.ts';
import type { Token } from '../text/tokens.ts';
import { parseSink } from './parse-sink.ts';
import { parseSource } from './parse-source.ts';
import { parseView } from './parse-view.ts';
import type { Statement } from './statement.ts';

const ONLY_CREATE = 'a pipeline says what exists: CREATE SOURCE, TABLE, VIEW, MATERIALIZED VIEW and SINK';

/** Statements that exist in RisingWave or PostgreSQL and have no place in a pipeline. */
const KNOWN_STATEMENTS = new Set([
  'alter',
  'analyze',
  'begin',
  'comment',
  'commit',
  'copy',
  'delete',
  'describe',
  'drop',
  'explain',
  'flush',
  'grant',
  'insert',
  'recover',
  'revoke',
  'rollback',
  'select',
  'set',
  'show',
  'truncate',
  'update',
  'values',
  'wait',
  'with',
]);

/** Parses one statement's tokens. Throws a SqlFailure at the first thing that does not fit. */
export function parseStatement(source: SourceText, tokens: readonly Token[]): Statement {
  const c = new Cursor(source, tokens);
  const first = c.peek();
  if (!c.accept('create')) {
    if (first?.kind === 'word' && KNOWN_STATEMENTS.has(first.value)) {
      throw failure(
        '0A000',
        `${first.value.toUpperCase()} does not belong in a pipeline`,
        c.here,
        ONLY_CREATE,
      );
    }
    throw c.unexpected('CREATE', ONLY_CREATE);
  }
  const orReplace = c.peek();
  const replace = c.accept('or', 'replace');
  const materialized = c.accept('materialized');
  if (materialized || c.isWord('view')) {
    c.expect('view');
    return parseView(c, materialized ? 'materialized view' : 'view', ...relationName(c));
  }
  if (replace && orReplace !== undefined) {
    throw unsupported('OR REPLACE other than of a view', c.spanOf(orReplace), 'leave it out');
  }
  if (c.accept('source')) return parseSource(c, 'source', ...relationName(c));
  if (c.accept('table')) return parseSource(c, 'table', ...relationName(c));
  if (c.accept('sink')) return parseSink(c, ...relationName(c));
  const what = c.peek();
  if (what?.kind === 'word' && CREATABLE.has(what.value)) {
    throw unsupported(`CREATE ${what.value.toUpperCase()}`, c.here, ONLY_CREATE);
  }
  throw c.unexpected('SOURCE, TABLE, VIEW, MATERIALIZED VIEW or SINK');
}

const CREATABLE = new Set([
  'connection',
  'database',
  'function',
  'index',
  'schema',
  'secret',
  'subscription',
  'temp',
  'temporary',
  'type',
  'unique',
  'unlogged',
  'user',
  'recursive',
  'aggregate',
]);

/** `[IF NOT EXISTS] [public.]name` */
function relationName(c: Cursor): [ifNotExists: boolean, name: Name] {
  const ifNotExists = c.accept('if', 'not', 'exists');
  const name = c.name('a name');
  if (!c.acceptSymbol('.')) return [ifNotExists, name];
  if (name.value !== 'public') {
    throw unsupported(`schema "${name.value}"`, name.span, 'a pipeline has one schema, public');
  }
  return [ifNotExists, c.name('a name')];
}
