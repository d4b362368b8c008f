import { unsupported } from '../failure.ts';
import type { Cursor, Name } from '../text/cursor.ts';
import { Slice } from '../text/slice.ts';
import type { CreateView, Emit } from './statement.ts';
import type { Span } from '../../plan/expr.ts';

/** Parses the part of CREATE [MATERIALIZED] VIEW after its name. */
export function parseView(
  c: Cursor,
  kind: 'view' | 'materialized view',
  ifNotExists: boolean,
  name: Name,
): CreateView {
  const columns = c.isSymbol('(') ? c.nameList('a column name') : undefined;
  if (c.isWord('with')) throw unsupported('WITH (...) on a view', c.here, 'leave it out');
  c.expect('as');
  const from = c.position;
  c.skipUntil(() => startsEmit(c));
  const query = querySlice(c, from);
  const emit = parseEmit(c);
  if (!c.done) throw c.unexpected('the end of the statement');
  return { kind, name, ifNotExists, columns, query, emit };
}

/**
 * Returns whether `EMIT ON WINDOW CLOSE` or `EMIT IMMEDIATELY` comes next, as opposed to a column or table named emit
 * (`JOIN emit ON ...`).
 */
export function startsEmit(c: Cursor): boolean {
  return c.areWords('emit', 'on', 'window') || c.areWords('emit', 'immediately');
}

/** Consumes an EMIT clause if it comes next; otherwise returns undefined. */
export function parseEmit(c: Cursor): { emit: Emit; span: Span } | undefined {
  const first = c.peek();
  if (first === undefined || !startsEmit(c)) return undefined;
  c.expect('emit');
  let emit: Emit = 'immediately';
  if (!c.accept('immediately')) {
    c.expect('on', 'window', 'close');
    emit = 'on window close';
  }
  return { emit, span: c.spanOf(first, c.peek(-1)) };
}

/** Returns the query from token `from` up to the cursor. Throws SqlFailure if it is empty. */
export function querySlice(c: Cursor, from: number): Slice {
  if (c.position === from) throw c.unexpected('a query');
  return new Slice(c.source, c.tokens.slice(from, c.position), 'query');
}
