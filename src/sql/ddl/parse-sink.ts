import { failure, unsupported } from '../failure.ts';
import type { Cursor, Name } from '../text/cursor.ts';
import { parseFormat, parseOptions } from './parse-options.ts';
import { parseEmit, querySlice, startsEmit } from './parse-view.ts';
import type { CreateSink } from './statement.ts';

/** Parses the part of CREATE SINK after its name. */
export function parseSink(c: Cursor, ifNotExists: boolean, name: Name): CreateSink {
  if (c.isWord('into'))
    throw unsupported(
      'CREATE SINK INTO a table',
      c.here,
      'use a materialized view, which other views can read',
    );
  let input: CreateSink['input'];
  if (c.accept('from')) {
    const first = c.name('the name of a materialized view');
    if (c.acceptSymbol('.') && first.value !== 'public') {
      throw unsupported(`schema "${first.value}"`, first.span, 'a pipeline has one schema, public');
    }
    const relation = c.isSymbol('.', -1) ? c.name('the name of a materialized view') : first;
    input = { kind: 'relation', name: relation };
  } else if (c.accept('as')) {
    const from = c.position;
    // A CTE's WITH is never directly followed by a bracket.
    c.skipUntil(() => startsEmit(c) || (c.isWord('with') && c.isSymbol('(', 1)));
    input = { kind: 'query', query: querySlice(c, from) };
  } else {
    throw c.unexpected('FROM view or AS query');
  }
  const emit = parseEmit(c);
  if (c.done) {
    throw failure(
      '42601',
      `sink "${name.value}" has no WITH clause`,
      c.here,
      "add WITH (connector = 'dynamodb', ...)",
    );
  }
  c.expect('with');
  const options = parseOptions(c);
  const format = parseFormat(c);
  if (!c.done) throw c.unexpected('the end of the statement');
  return { kind: 'sink', name, ifNotExists, input, emit, options, format };
}
