import type { FormatDeclaration } from '../../connectors/declaration.ts';
import type { Options, SourceDef } from '../../plan/pipeline.ts';
import type { CreateSource, FormatClause } from '../ddl/statement.ts';
import { didYouMean } from '../did-you-mean.ts';
import { failure, unsupported } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import { bindOptions, toOptions } from './bind-options.ts';
import { LATER_ENCODINGS, LATER_FORMATS } from './later.ts';

export type Format = SourceDef['format'];

/** What FORMAT ... ENCODE ... KEY ENCODE ... says. */
export interface BoundFormat {
  readonly format: Format;
  readonly encode: string;
  readonly options: Options;
  readonly keyEncode: SourceDef['keyEncode'];
}

/** Binds FORMAT ... ENCODE ...; a table without a connector may omit it, and then has FORMAT PLAIN ENCODE JSON. */
export function bindFormat(
  s: CreateSource,
  known: ReadonlyMap<string, FormatDeclaration>,
  reporter: Reporter,
): BoundFormat {
  if (s.format === undefined) {
    // FORMAT is missing even if the connector is misspelt.
    if (s.options?.some((o) => o.key.value === 'connector') === true) {
      throw failure(
        '42601',
        `${s.kind} "${s.name.value}" has no FORMAT ... ENCODE ...`,
        s.name.span,
        'add FORMAT PLAIN ENCODE JSON after WITH (...)',
      );
    }
    return { format: 'plain', encode: 'json', options: new Map(), keyEncode: undefined };
  }
  const { format, encode } = formatAndEncoding(s.format, known);
  const { spec } = known.get(encode)!;
  const place = { what: `ENCODE ${encode.toUpperCase()}`, span: s.format.span, reporter };
  const options = s.format.options.length === 0 ? toOptions([]) : bindOptions(s.format.options, spec, place);
  return { format, encode, options, keyEncode: keyEncoding(s.format, format) };
}

function keyEncoding({ keyEncode }: FormatClause, format: Format): SourceDef['keyEncode'] {
  if (keyEncode === undefined) return undefined;
  const { value, span } = keyEncode;
  if (format !== 'upsert')
    throw failure('42601', 'KEY ENCODE belongs to FORMAT UPSERT', span, 'leave KEY ENCODE out');
  if (value === 'json' || value === 'text') return value;
  throw unsupported(
    `KEY ENCODE ${value.toUpperCase()}`,
    span,
    'use KEY ENCODE TEXT for a key of one column, or leave it out for a JSON object',
  );
}

function formatAndEncoding(
  clause: FormatClause,
  known: ReadonlyMap<string, FormatDeclaration>,
): { format: Format; encode: string } {
  const format = clause.format.value;
  const encode = clause.encode.value;
  const all = [...known.values()];
  const encodings = all
    .filter(({ formats }) => formats.some((f) => f === format))
    .map(({ spec }) => spec.name);
  if (encodings.length === 0) {
    if (LATER_FORMATS.includes(format))
      throw unsupported(`FORMAT ${format.toUpperCase()}`, clause.format.span, 'use FORMAT PLAIN');
    throw failure(
      '22023',
      `there is no FORMAT ${format.toUpperCase()}`,
      clause.format.span,
      didYouMean(format, new Set(all.flatMap(({ formats }) => formats)), 'use FORMAT PLAIN'),
    );
  }
  if (!encodings.includes(encode)) {
    const works = encodings.map((e) => e.toUpperCase()).join(' or ');
    if (LATER_ENCODINGS.includes(encode) || known.has(encode)) {
      throw unsupported(
        `FORMAT ${format.toUpperCase()} ENCODE ${encode.toUpperCase()}`,
        clause.encode.span,
        `use ENCODE ${works}`,
      );
    }
    throw failure(
      '22023',
      `there is no ENCODE ${encode.toUpperCase()}`,
      clause.encode.span,
      didYouMean(encode, encodings, `use ENCODE ${works}`),
    );
  }
  return { format: format as Format, encode };
}
