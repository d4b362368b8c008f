import type { Expr } from '../../../plan/expr.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { differs, refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { allExprs } from './bound-plan.ts';

/** By function, the positions of the pattern and of the options. */
const PATTERNS: ReadonlyMap<string, readonly [pattern: number, options: number]> = new Map([
  ['~', [1, -1]],
  ['!~', [1, -1]],
  ['regexp_match', [1, 2]],
  ['regexp_count', [1, -1]],
  ['regexp_split_to_array', [1, 2]],
  ['regexp_replace', [1, 3]],
]);
/** Functions whose result depends on where a match ends. */
const TAKES_MATCH: ReadonlySet<string> = new Set([
  'regexp_match',
  'regexp_replace',
  'regexp_split_to_array',
  'regexp_count',
]);

/** RisingWave has regular expressions of Rust, whose syntax is Perl's, and Freshet those of PostgreSQL. */
export const REGULAR_EXPRESSION: TargetRule = {
  code: 'R031',
  about:
    'an escape or an option of a regular expression that RisingWave does not know, or a choice that it ends elsewhere',
  source:
    "RisingWave's src/expr/impl/src/scalar/regexp.rs: the crate fancy-regex, and the options c, i and g",
  renderable: false,
  check: ({ pipeline }) =>
    allExprs(pipeline).flatMap((e) => {
      const places = e.kind === 'call' ? PATTERNS.get(e.fn.name) : undefined;
      if (e.kind !== 'call' || places === undefined) return [];
      const [pattern, options] = places.map((i) => constantText(e.args[i]));
      return [...inPattern(e.fn.name, pattern, e.span), ...inOptions(options, e.span)];
    }),
};

interface Text {
  readonly text: string;
  readonly span: Diagnostic['span'] | undefined;
}

function constantText(e: Expr | undefined): Text | undefined {
  return e?.kind === 'const' && typeof e.value === 'string' ? { text: e.value, span: e.span } : undefined;
}

function inPattern(name: string, pattern: Text | undefined, call: Text['span']): readonly Diagnostic[] {
  const span = pattern?.span ?? call;
  if (pattern === undefined || span === undefined) return [];
  const escape = /(?:^|[^\\])(?:\\\\)*(\\[yYmM])/.exec(pattern.text)?.[1];
  if (escape !== undefined) {
    const hint = 'a word begins or ends at \\b';
    return [refused('R031', `RisingWave's regular expressions have no ${escape}`, hint, span)];
  }
  if (!TAKES_MATCH.has(name) || !/(?:^|[^\\])(?:\\\\)*\|/.test(pattern.text)) return [];
  return [
    differs(
      'R031',
      'RisingWave takes the first alternative of | that matches, and PostgreSQL and Freshet the longest',
      'write longer alternatives first; if none begins another, write -- freshet:allow R031',
      span,
    ),
  ];
}

function inOptions(options: Text | undefined, call: Text['span']): readonly Diagnostic[] {
  const span = options?.span ?? call;
  const odd = options === undefined ? undefined : /[^cig]/.exec(options.text)?.[0];
  if (odd === undefined || span === undefined) return [];
  const message = `RisingWave's regular expressions have no option ${odd}`;
  return [refused('R031', message, 'it knows c, i and g', span)];
}
