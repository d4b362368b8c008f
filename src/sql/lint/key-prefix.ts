import type { Expr } from '../../plan/expr.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import type { Pipeline } from '../../plan/pipeline.ts';

/** The text with which every value of a column begins; if `isWhole`, every value equals it. */
export interface Prefix {
  readonly text: string;
  readonly isWhole: boolean;
}

const UNKNOWN: Prefix = { text: '', isWhole: false };

/**
 * Returns the text with which every value of column `index` of a plan begins, as in `'genre#' || genre`. Follows the
 * column through views down to the sources.
 */
export function columnPrefix(node: PlanNode, index: number, pipeline: Pipeline): Prefix {
  return prefixOf(node, index, { pipeline, known: new Map() });
}

/** `known` holds the prefixes of view columns found before. */
interface Views {
  readonly pipeline: Pipeline;
  readonly known: Map<string, Prefix>;
}

function prefixOf(node: PlanNode, index: number, views: Views): Prefix {
  const of = (e: Expr, input: PlanNode): Prefix => exprPrefix(e, input, views);
  switch (node.kind) {
    case 'project':
      return of(node.exprs[index]!, node.input);
    case 'filter':
      return prefixOf(node.input, index, views);
    case 'top_n':
      return index < node.input.columns.length ? prefixOf(node.input, index, views) : UNKNOWN;
    case 'aggregate': {
      const key = node.groupBy[index];
      return key === undefined ? UNKNOWN : of(key, node.input);
    }
    case 'union_all':
      return node.inputs.map((input) => prefixOf(input, index, views)).reduce(common);
    case 'values':
      return node.rows.map((row) => of(row[index]!, node)).reduce(common);
    case 'join': {
      const width = node.left.columns.length;
      return index < width ? prefixOf(node.left, index, views) : prefixOf(node.right, index - width, views);
    }
    case 'scan': {
      const { name } = node.relation;
      const view = views.pipeline.views.find((v) => v.name === name);
      if (view === undefined) return UNKNOWN;
      const place = `${index} ${name}`;
      const prefix = views.known.get(place) ?? prefixOf(view.plan, index, views);
      views.known.set(place, prefix);
      return prefix;
    }
  }
}

function exprPrefix(e: Expr, input: PlanNode, views: Views): Prefix {
  const of = (part: Expr): Prefix => exprPrefix(part, input, views);
  switch (e.kind) {
    case 'const':
      return typeof e.value === 'string' ? { text: e.value, isWhole: true } : UNKNOWN;
    case 'column':
      return prefixOf(input, e.index, views);
    case 'cast':
      return e.type.kind === 'varchar' && e.arg.type.kind === 'varchar' ? of(e.arg) : UNKNOWN;
    case 'case':
      return [...e.arms.map((arm) => of(arm.then)), of(e.otherwise)].reduce(common);
    case 'coalesce':
      return e.args.map(of).reduce(common);
    case 'call':
      if (e.type.kind !== 'varchar' || (e.fn.name !== '||' && e.fn.name !== 'concat')) return UNKNOWN;
      return e.args.map(of).reduce(joined);
    default:
      return UNKNOWN;
  }
}

const joined = (a: Prefix, b: Prefix): Prefix =>
  a.isWhole ? { text: a.text + b.text, isWhole: b.isWhole } : a;

function common(a: Prefix, b: Prefix): Prefix {
  if (a.isWhole && b.isWhole && a.text === b.text) return a;
  let n = 0;
  while (n < a.text.length && n < b.text.length && a.text[n] === b.text[n]) n++;
  return { text: a.text.slice(0, n), isWhole: false };
}

/** Returns whether no value can have both prefixes. */
export function excludeEachOther(a: Prefix, b: Prefix): boolean {
  if (a.isWhole && b.isWhole) return a.text !== b.text;
  if (a.isWhole) return !a.text.startsWith(b.text);
  if (b.isWhole) return !b.text.startsWith(a.text);
  return !a.text.startsWith(b.text) && !b.text.startsWith(a.text);
}
