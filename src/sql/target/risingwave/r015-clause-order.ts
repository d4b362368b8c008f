import type { Span } from '../../../plan/expr.ts';
import type { CreateSource, RawOption, Statement } from '../../ddl/statement.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave's parser wants the clauses of CREATE TABLE and CREATE SOURCE in one order, and texts in quotes. */
export const CLAUSE_ORDER: TargetRule = {
  code: 'R015',
  about:
    'clauses of CREATE TABLE or CREATE SOURCE in another order, an option name in single quotes, or a value without quotes',
  source:
    "RisingWave's src/sqlparser/src/parser.rs (parse_create_table, parse_create_source), compiled alone",
  renderable: false,
  check: ({ statements, pipeline }) =>
    statements.flatMap((s) => [
      ...(s.kind === 'source' || s.kind === 'table' ? misplaced(s) : []),
      ...emptyWith(s),
      ...optionsOf(s).flatMap((o) => misquoted(o, pipeline.files)),
    ]),
};

/** The clauses after the columns, in RisingWave's order. */
function clausesOf(s: CreateSource): readonly (readonly [clause: string, span: Span])[] {
  const clauses: readonly (readonly [string, Span | undefined])[] = [
    ['APPEND ONLY', s.appendOnly?.span],
    ['ON CONFLICT', s.onConflict?.span],
    ...s.includes.map((i) => ['INCLUDE', i.span] as const),
    ['WITH (...)', s.options?.[0]?.key.span],
    ['FORMAT ... ENCODE ...', s.format?.span],
  ];
  return clauses.flatMap(([clause, span]) => (span === undefined ? [] : [[clause, span] as const]));
}

function misplaced(s: CreateSource): readonly Diagnostic[] {
  const clauses = clausesOf(s);
  const odd = clauses.find(([, span], i) =>
    clauses.slice(i + 1).some(([, later]) => later.start < span.start),
  );
  if (odd === undefined) return [];
  const [clause, span] = odd;
  return [
    refused(
      'R015',
      `RisingWave wants ${clause} further to the front`,
      'its order is APPEND ONLY, ON CONFLICT, INCLUDE, WITH (...), FORMAT ... ENCODE ...',
      span,
    ),
  ];
}

function emptyWith(s: Statement): readonly Diagnostic[] {
  if (s.kind !== 'table' || s.options?.length !== 0) return [];
  return [refused('R015', 'RisingWave does not read an empty WITH ()', 'leave it out', s.name.span)];
}

function optionsOf(s: Statement): readonly RawOption[] {
  if (!('options' in s)) return [];
  return [...(s.options ?? []), ...(s.format?.options ?? [])];
}

function misquoted(o: RawOption, files: ReadonlyMap<string, string>): readonly Diagnostic[] {
  const written = ({ file, start, end }: Span): string => (files.get(file) ?? '').slice(start, end);
  const found: Diagnostic[] = [];
  if (written(o.key.span).startsWith("'"))
    found.push(
      refused(
        'R015',
        'RisingWave does not read an option name in single quotes',
        `write ${o.key.value} without quotes`,
        o.key.span,
      ),
    );
  const value = written(o.span);
  if (/^[a-z_"]/i.test(value) && !/^(?:[eE]'|true$|false$)/i.test(value))
    found.push(
      refused('R015', `RisingWave wants the value of ${o.key.value} in quotes`, `write '${o.value}'`, o.span),
    );
  return found;
}
