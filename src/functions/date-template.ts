export const MONTHS: readonly string[] =
  'January February March April May June July August September October November December'.split(' ');

export const ROMAN_MONTHS: readonly string[] = 'I II III IV V VI VII VIII IX X XI XII'.split(' ');

/** Fields of a to_char template. Names with the same meaning are one field. */
export type DateField =
  | 'HH24'
  | 'HH12'
  | 'MI'
  | 'SS'
  | 'SSSS'
  | 'MS'
  | 'US'
  | 'FF1'
  | 'FF2'
  | 'FF3'
  | 'FF4'
  | 'FF5'
  | 'FF6'
  | 'AM'
  | 'AD'
  | 'Y,YYY'
  | 'YYYY'
  | 'YYY'
  | 'YY'
  | 'Y'
  | 'IYYY'
  | 'IYY'
  | 'IY'
  | 'I'
  | 'MONTH'
  | 'MON'
  | 'MM'
  | 'RM'
  | 'DAY'
  | 'DY'
  | 'DDD'
  | 'IDDD'
  | 'DD'
  | 'D'
  | 'ID'
  | 'W'
  | 'WW'
  | 'IW'
  | 'CC'
  | 'J'
  | 'Q'
  | 'TZ'
  | 'TZH'
  | 'TZM'
  | 'OF'
  | 'FX';

/** A part of a template: literal text or a field. */
export type TemplateNode =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'field';
      readonly field: DateField;
      /** As written. Its case decides the case of the output. */
      readonly text: string;
      /** Whether the FM prefix turns padding off. Before the name of a month or day, TM does so, too. */
      readonly fill: boolean;
      readonly ordinal: '' | 'TH' | 'th';
    };

/** Names of fields. A longer name stands before its own prefixes. */
const NAMES: readonly (readonly [string, DateField])[] = [
  ['SSSSS', 'SSSS'],
  ['Y,YYY', 'Y,YYY'],
  ['MONTH', 'MONTH'],
  ['HH24', 'HH24'],
  ['HH12', 'HH12'],
  ['SSSS', 'SSSS'],
  ['YYYY', 'YYYY'],
  ['IYYY', 'IYYY'],
  ['IDDD', 'IDDD'],
  ['A.M.', 'AM'],
  ['P.M.', 'AM'],
  ['A.D.', 'AD'],
  ['B.C.', 'AD'],
  ['FF1', 'FF1'],
  ['FF2', 'FF2'],
  ['FF3', 'FF3'],
  ['FF4', 'FF4'],
  ['FF5', 'FF5'],
  ['FF6', 'FF6'],
  ['YYY', 'YYY'],
  ['IYY', 'IYY'],
  ['MON', 'MON'],
  ['DAY', 'DAY'],
  ['DDD', 'DDD'],
  ['TZH', 'TZH'],
  ['TZM', 'TZM'],
  ['HH', 'HH12'],
  ['MI', 'MI'],
  ['SS', 'SS'],
  ['MS', 'MS'],
  ['US', 'US'],
  ['AM', 'AM'],
  ['PM', 'AM'],
  ['AD', 'AD'],
  ['BC', 'AD'],
  ['YY', 'YY'],
  ['IY', 'IY'],
  ['MM', 'MM'],
  ['DY', 'DY'],
  ['DD', 'DD'],
  ['ID', 'ID'],
  ['WW', 'WW'],
  ['IW', 'IW'],
  ['CC', 'CC'],
  ['TZ', 'TZ'],
  ['OF', 'OF'],
  ['RM', 'RM'],
  ['FX', 'FX'],
  ['Y', 'Y'],
  ['I', 'I'],
  ['D', 'D'],
  ['W', 'W'],
  ['J', 'J'],
  ['Q', 'Q'],
];

/** Fields that are names of months and days, which can also be written with an initial capital: `Month`, `Dy`. */
const MIXED_CASE = new Set<DateField>(['MONTH', 'MON', 'DAY', 'DY']);

/** Prefixes of a field, which mean nothing without one. TM asks for the locale's names, which are English here. */
const PREFIX = /^(?:FM|fm|TM|tm)$/;

function nameAt(template: string, at: number): readonly [text: string, field: DateField] | undefined {
  for (const [name, field] of NAMES) {
    const text = template.slice(at, at + name.length);
    if (text.toUpperCase() !== name) continue;
    const capitalised = text === name[0]! + name.slice(1).toLowerCase();
    if (text === name || text === name.toLowerCase() || (capitalised && MIXED_CASE.has(field)))
      return [text, field];
  }
  return undefined;
}

const MAX_CACHED = 256;
const parsed = new Map<string, readonly TemplateNode[]>();

/** Returns the fields and literal texts of a template. Text in double quotes, and any other text, is literal. */
export function parseTemplate(template: string): readonly TemplateNode[] {
  const known = parsed.get(template);
  if (known !== undefined) return known;
  const nodes: TemplateNode[] = [];
  const literal = (text: string): void => {
    const last = nodes.at(-1);
    if (last?.kind === 'literal') nodes[nodes.length - 1] = { kind: 'literal', text: last.text + text };
    else nodes.push({ kind: 'literal', text });
  };
  let at = 0;
  while (at < template.length) {
    if (template[at] === '"') {
      for (at++; at < template.length && template[at] !== '"'; at++) {
        if (template[at] === '\\' && at + 1 < template.length) at++;
        literal(template[at]!);
      }
      at++;
      continue;
    }
    const prefix = PREFIX.exec(template.slice(at, at + 2))?.[0].toUpperCase();
    if (prefix !== undefined) at += 2;
    const found = nameAt(template, at);
    if (found === undefined) {
      if (prefix !== undefined) continue;
      if (template[at] === '\\' && template[at + 1] === '"') at++;
      literal(template[at++]!);
      continue;
    }
    at += found[0].length;
    const suffix = template.slice(at, at + 2);
    const ordinal = suffix === 'TH' || suffix === 'th' ? suffix : '';
    if (ordinal !== '' || suffix === 'SP') at += 2; // SP: spelled out, which PostgreSQL ignores, too
    const fill = prefix === 'FM' || (prefix === 'TM' && MIXED_CASE.has(found[1]));
    nodes.push({ kind: 'field', field: found[1], text: found[0], fill, ordinal });
  }
  if (parsed.size >= MAX_CACHED) parsed.clear();
  parsed.set(template, nodes);
  return nodes;
}
