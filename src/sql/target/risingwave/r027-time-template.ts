import type { Expr } from '../../../plan/expr.ts';
import { parseTemplate } from '../../../functions/date-template.ts';
import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { allExprs } from './bound-plan.ts';

/** The fields that RisingWave knows, in the spellings that it knows. */
const KNOWN: ReadonlySet<string> = new Set(
  (
    'HH24 hh24 HH12 hh12 HH hh AM PM am pm MI mi SS ss YYYY yyyy YY yy IYYY iyyy IY iy MM mm Month Mon DD dd ' +
    'US us MS ms TZH tzh TZM tzm'
  ).split(' '),
);
const FUNCTIONS: ReadonlySet<string> = new Set(['to_char', 'to_timestamp', 'to_date']);

/** RisingWave writes a field that it does not know as it stands. */
export const TIME_TEMPLATE: TargetRule = {
  code: 'R027',
  about:
    'a template of to_char, to_timestamp or to_date with a field, a prefix or quotes that RisingWave does not know',
  source: "RisingWave's src/expr/impl/src/scalar/to_char.rs lists the fields",
  renderable: false,
  check: ({ pipeline }) =>
    allExprs(pipeline).flatMap((e) => {
      const template = templateOf(e);
      const odd = template === undefined ? undefined : oddPart(template.text, template.writes);
      const span = template?.span ?? e.span;
      if (odd === undefined || span === undefined) return [];
      const hint = 'it knows ' + [...KNOWN].filter((name) => /^[A-Z]/.test(name)).join(', ');
      return [differs('R027', `RisingWave reads ${odd} in a template otherwise`, hint, span)];
    }),
};

function templateOf(
  e: Expr,
): { readonly text: string; readonly writes: boolean; readonly span: Expr['span'] } | undefined {
  if (e.kind !== 'call' || !FUNCTIONS.has(e.fn.name)) return undefined;
  const template = e.args[1];
  if (template?.kind !== 'const' || typeof template.value !== 'string') return undefined;
  return { text: template.value, writes: e.fn.name === 'to_char', span: template.span };
}

/** Returns the first part of a template that RisingWave reads otherwise. */
function oddPart(template: string, writes: boolean): string | undefined {
  if (template.includes('"')) return 'text in double quotes';
  if (template.includes('%')) return 'a percent sign';
  for (const node of parseTemplate(template)) {
    if (node.kind === 'literal') continue;
    if (node.fill) return 'the prefix FM';
    if (node.ordinal !== '') return 'the suffix TH';
    if (!KNOWN.has(node.text)) return node.text;
    // PostgreSQL pads the name of a month with blanks.
    if (writes && node.field === 'MONTH') return node.text;
  }
  return undefined;
}
