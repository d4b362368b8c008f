import type { IncludeField } from '../../plan/pipeline.ts';
import { defaultHint } from '../clock-hints.ts';
import { didYouMean } from '../did-you-mean.ts';
import { failure, unsupported } from '../failure.ts';
import type { SqlFailure } from '../failure.ts';
import type { Cursor, Name } from '../text/cursor.ts';
import { Slice } from '../text/slice.ts';
import { parseFormat, parseOptions } from './parse-options.ts';
import type { ColumnClause, CreateSource, IncludeClause, WatermarkClause } from './statement.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Parses the part of CREATE SOURCE or CREATE TABLE after its name. */
export function parseSource(
  c: Cursor,
  kind: 'source' | 'table',
  ifNotExists: boolean,
  name: Name,
): CreateSource {
  if (c.isWord('as'))
    throw unsupported(`CREATE ${kind.toUpperCase()} AS`, c.here, 'use CREATE MATERIALIZED VIEW');
  const columns: ColumnClause[] = [];
  const watermarks: WatermarkClause[] = [];
  const includes: IncludeClause[] = [];
  const source: Mutable<CreateSource> = {
    kind,
    name,
    ifNotExists,
    columns,
    watermarks,
    includes,
    primaryKey: undefined,
    appendOnly: undefined,
    onConflict: undefined,
    options: undefined,
    format: undefined,
  };
  if (!c.isSymbol('('))
    throw c.unexpected(
      '"("',
      `list the columns: CREATE ${kind.toUpperCase()} ${name.value} (name TYPE, ...)`,
    );
  c.expectSymbol('(');
  if (c.isSymbol('*')) throw unsupported('a column list from a schema registry', c.here, 'list the columns');
  do {
    parseElement(c, source, columns, watermarks);
  } while (c.acceptSymbol(',') && !c.isSymbol(')'));
  if (!c.isSymbol(')')) throw c.unexpected('"," or ")"');
  c.expectSymbol(')');
  while (!c.done) parseClause(c, source, includes);
  return source;
}

function parseElement(
  c: Cursor,
  source: Mutable<CreateSource>,
  columns: ColumnClause[],
  watermarks: WatermarkClause[],
): void {
  const first = c.peek();
  if (first !== undefined && c.areWords('primary', 'key') && c.isSymbol('(', 2)) {
    c.expect('primary', 'key');
    const names = c.nameList('a column name');
    const span = c.spanOf(first, c.peek(-1));
    if (source.primaryKey !== undefined) {
      throw failure('42P16', 'there is more than one PRIMARY KEY', span, 'keep one of them');
    }
    source.primaryKey = { columns: names, span };
    return;
  }
  if (first !== undefined && c.accept('watermark', 'for')) {
    const column = c.name('a column name');
    c.expect('as');
    const expr = sliceUntil(
      c,
      'expression',
      'an expression',
      () => c.isSymbol(',') || c.areWords('with', 'ttl'),
    );
    if (c.isWord('with'))
      throw unsupported(
        'WATERMARK ... WITH TTL',
        c.here,
        'leave the whole WATERMARK out: it drops nothing here yet',
      );
    watermarks.push({ column, expr, span: c.spanOf(first, c.peek(-1)) });
    return;
  }
  // EXCLUDE is not a reserved word: a column can have that name.
  const isExclude = c.areWords('exclude', 'using') || (c.isWord('exclude') && c.isSymbol('(', 1));
  if (isExclude || ['constraint', 'unique', 'check', 'foreign', 'like'].some((word) => c.isWord(word))) {
    const hint = c.isWord('like')
      ? 'list the columns'
      : 'leave it out: columns can be NOT NULL and PRIMARY KEY';
    throw unsupported(`${c.peek()!.value.toUpperCase()} in a column list`, c.here, hint);
  }
  columns.push(parseColumn(c));
}

const AFTER_TYPE = [
  'not',
  'null',
  'primary',
  'as',
  'default',
  'generated',
  'unique',
  'check',
  'references',
  'collate',
];

function parseColumn(c: Cursor): ColumnClause {
  const name = c.name('a column name');
  const structured = ['struct', 'map', 'vector'].find((word) => c.isWord(word));
  if (structured !== undefined) {
    throw unsupported(
      `type ${structured.toUpperCase()}`,
      c.here,
      'use JSONB and take it apart with -> and ->>',
    );
  }
  const type = sliceUntil(
    c,
    'type',
    'a type',
    () => c.isSymbol(',') || AFTER_TYPE.some((word) => c.isWord(word)),
  );
  const column: Mutable<ColumnClause> = {
    name,
    type,
    notNull: false,
    primaryKey: false,
    generated: undefined,
  };
  while (!c.done && !c.isSymbol(',') && !c.isSymbol(')')) {
    if (c.accept('not', 'null')) column.notNull = true;
    else if (c.accept('primary', 'key')) column.primaryKey = true;
    else if (c.accept('as')) {
      column.generated = sliceUntil(c, 'expression', 'an expression', () => c.isSymbol(','));
    } else if (c.isWord('default')) {
      throw unsupported('DEFAULT', c.here, defaultHint(c.peek(1)?.value));
    } else if (c.isWord('generated')) {
      throw unsupported(
        'GENERATED ALWAYS AS',
        c.here,
        c.areWords('generated', 'always', 'as', 'identity') || c.areWords('generated', 'by')
          ? 'rows are not numbered: let the producer send the id'
          : 'write a generated column as: name type AS expression',
      );
    } else if (!c.accept('null')) {
      throw c.unexpected('NOT NULL, PRIMARY KEY, AS expression, "," or ")"');
    }
  }
  return column;
}

function parseClause(c: Cursor, source: Mutable<CreateSource>, includes: IncludeClause[]): void {
  const first = c.peek()!;
  const again = (clause: string): SqlFailure =>
    failure('42601', `there is more than one ${clause} clause`, c.here, 'keep one of them');
  if (c.areWords('append', 'only')) {
    if (source.appendOnly !== undefined) throw again('APPEND ONLY');
    c.expect('append', 'only');
    source.appendOnly = { span: c.spanOf(first, c.peek(-1)) };
  } else if (c.areWords('on', 'conflict')) {
    if (source.onConflict !== undefined) throw again('ON CONFLICT');
    c.expect('on', 'conflict');
    source.onConflict = { action: parseConflict(c), span: c.spanOf(first, c.peek(-1)) };
  } else if (c.accept('include')) {
    includes.push(parseInclude(c));
  } else if (c.areWords('with', 'version')) {
    throw unsupported(
      'WITH VERSION COLUMN',
      c.here,
      'leave it out: the row that arrives last replaces the one before',
    );
  } else if (c.isWord('with')) {
    if (source.options !== undefined) throw again('WITH');
    c.expect('with');
    source.options = parseOptions(c);
  } else if (c.isWord('format')) {
    if (source.format !== undefined) throw again('FORMAT');
    source.format = parseFormat(c);
  } else if (
    c.isWord('engine') ||
    c.isWord('validate') ||
    c.isWord('from') ||
    c.isWord('as') ||
    c.isWord('emit')
  ) {
    throw unsupported(
      `${first.value.toUpperCase()} in CREATE ${source.kind.toUpperCase()}`,
      c.here,
      'leave it out',
    );
  } else {
    throw c.unexpected(
      'INCLUDE, WITH (...) or FORMAT ... ENCODE ...',
      c.areWords('row', 'format') || c.isWord('encode') ? 'write FORMAT PLAIN ENCODE JSON' : undefined,
    );
  }
}

function parseConflict(c: Cursor): 'overwrite' | 'ignore' {
  if (c.accept('ignore') || c.accept('do', 'nothing')) return 'ignore';
  if (c.accept('overwrite') || c.accept('do', 'update', 'full')) return 'overwrite';
  if (c.areWords('do', 'update'))
    throw unsupported('ON CONFLICT DO UPDATE other than FULL', c.here, 'write DO UPDATE FULL');
  throw c.unexpected('DO NOTHING or DO UPDATE FULL');
}

const INCLUDE_FIELDS: readonly IncludeField[] = [
  'key',
  'timestamp',
  'partition',
  'offset',
  'header',
  'payload',
  'file',
];

function parseInclude(c: Cursor): IncludeClause {
  const first = c.peek(-1)!;
  const word = c.word('KEY, TIMESTAMP, PARTITION, OFFSET, HEADER, PAYLOAD or FILE');
  const field = INCLUDE_FIELDS.find((f) => f === word.value);
  if (field === undefined) {
    throw failure(
      '42601',
      `"${word.value}" cannot be included`,
      word.span,
      didYouMean(word.value, INCLUDE_FIELDS, `use one of ${INCLUDE_FIELDS.join(', ')}`),
    );
  }
  if (c.peek()?.kind === 'string') {
    throw unsupported('INCLUDE header', c.here, 'send the value in the payload');
  }
  const alias = c.accept('as') ? c.name('a column name') : undefined;
  return { field, alias, span: c.spanOf(first, c.peek(-1)) };
}

/** Consumes the tokens up to `stop` as a slice. Throws SqlFailure if there are none. */
function sliceUntil(c: Cursor, kind: 'expression' | 'type', what: string, stop: () => boolean): Slice {
  const from = c.position;
  c.skipUntil(stop);
  if (c.position === from) throw c.unexpected(what);
  return new Slice(c.source, c.tokens.slice(from, c.position), kind);
}
