import type { Options, SourceDef } from '../../plan/pipeline.ts';
import type { CreateSource, FormatClause } from '../ddl/statement.ts';
import { didYouMean } from '../did-you-mean.ts';
import { failure, unsupported } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import { ENCODINGS, FORMATS, LATER_ENCODINGS, LATER_FORMATS } from '../options/encodings.ts';
import { bindOptions, toOptions } from './bind-options.ts';

export type Format = SourceDef['format'];
type Encode = SourceDef['encode'];

/** FORMAT ... ENCODE ...; what a table without connector has when there is none. */
export function bindFormat(
  s: CreateSource,
  connector: string | undefined,
  reporter: Reporter,
): { format: Format; encode: Encode; options: Options } {
  if (s.format === undefined) {
    // One that is misspelt counts: the format is missing as well.
    if (connector !== undefined || s.options?.some((o) => o.key.value === 'connector') === true) {
      throw failure(
        '42601',
        `${s.kind} "${s.name.value}" has no FORMAT ... ENCODE ...`,
        s.name.span,
        'add FORMAT PLAIN ENCODE JSON after WITH (...)',
      );
    }
    return { format: 'plain', encode: 'json', options: new Map() };
  }
  const { format, encode } = formatAndEncoding(s.format);
  const spec = ENCODINGS.find((e) => e.name === encode)!;
  const place = { what: `ENCODE ${encode.toUpperCase()}`, span: s.format.span, reporter };
  const options = s.format.options.length === 0 ? toOptions([]) : bindOptions(s.format.options, spec, place);
  return { format, encode, options };
}

function formatAndEncoding(clause: FormatClause): { format: Format; encode: Encode } {
  const format = clause.format.value;
  const encode = clause.encode.value;
  const encodings = FORMATS.get(format);
  if (encodings === undefined) {
    if (LATER_FORMATS.includes(format))
      throw unsupported(`FORMAT ${format.toUpperCase()}`, clause.format.span, 'use FORMAT PLAIN');
    throw failure(
      '22023',
      `there is no FORMAT ${format.toUpperCase()}`,
      clause.format.span,
      didYouMean(format, FORMATS.keys(), 'use FORMAT PLAIN'),
    );
  }
  if (!encodings.includes(encode)) {
    const works = encodings.map((e) => e.toUpperCase()).join(' or ');
    if (LATER_ENCODINGS.includes(encode) || ENCODINGS.some((e) => e.name === encode)) {
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
  return { format: format as Format, encode: encode as Encode };
}
