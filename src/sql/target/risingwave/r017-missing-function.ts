import type { Node } from '@pgsql/types';
import type { CompareOp, Expr, Span } from '../../../plan/expr.ts';
import { typeName } from '../../../values/types.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { functionName, operatorOf, walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';
import { aggregateCalls, allExprs } from './bound-plan.ts';

const JUSTIFIED = 'compute with the interval as it is: 30 days are not a month in every comparison';
const COUNT_NULLS = 'add up one CASE WHEN x IS NULL THEN 1 ELSE 0 END for each argument';

/** Functions and aggregates whose names RisingWave does not have, each with what to write instead. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['age', 'subtract the timestamps: a - b gives days and a time of day'],
  ['div', 'write TRUNC(a / b)'],
  ['gcd', 'let the producer send the value'],
  ['justify_days', JUSTIFIED],
  ['justify_hours', JUSTIFIED],
  ['justify_interval', JUSTIFIED],
  ['num_nulls', COUNT_NULLS],
  ['num_nonnulls', COUNT_NULLS],
  ['regexp_like', "write text ~ 'pattern'; to ignore case, LOWER(text) ~ 'pattern'"],
  ['width_bucket', 'write FLOOR((x - low) / (high - low) * n) + 1 with the bounds as CASE'],
  ['every', 'write BOOL_AND(x)'],
]);

const IN_ANY_CASE = "write LOWER(text) ~ 'pattern', with a pattern in lower case";

/** Operators that RisingWave does not have. */
const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['~*', IN_ANY_CASE],
  ['!~*', IN_ANY_CASE.replace('~', '!~')],
]);

/** RisingWave has most of PostgreSQL's functions. These are the others that Freshet has. */
export const MISSING_FUNCTION: TargetRule = {
  code: 'R017',
  about: 'a function, an aggregate or an operator that RisingWave does not have, or not for these types',
  source:
    "the names in RisingWave's src/frontend/src/binder/expr/function/builtin_scalar.rs and binary_op.rs, and the signatures in src/expr/impl, compared with every function of Freshet",
  renderable: false,
  check: (input) => [...byName(input), ...byType(input), ...byKey(input)],
};

function missing(what: string, hint: string, span: Diagnostic['span']): Diagnostic {
  return refused('R017', `RisingWave has no ${what}`, hint, span);
}

function byName({ trees }: TargetInput): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { tree, slice } of trees) {
    walk(tree, (_, node) => {
      const gap = missingCall(node) ?? missingOperator(node);
      if (gap !== undefined) found.push(missing(gap[0], gap[1], slice.spanAt(locationOf(node))));
    });
  }
  return found;
}

type Gap = readonly [what: string, hint: string];

function missingCall(node: Node): Gap | undefined {
  const name = functionName(node);
  if (name === undefined || !('FuncCall' in node)) return undefined;
  const hint = NAMES.get(name);
  return hint === undefined ? undefined : [`function ${name}`, hint];
}

function missingOperator(node: Node): Gap | undefined {
  if (!('A_Expr' in node)) return undefined;
  const operator = operatorOf(node) ?? '';
  const hint = OPERATORS.get(operator);
  return hint === undefined ? undefined : [`operator ${operator}`, hint];
}

function byType({ pipeline }: TargetInput): readonly Diagnostic[] {
  return allExprs(pipeline).flatMap((e) => {
    const gap = missingOverload(e);
    return gap === undefined || e.span === undefined ? [] : [missing(gap[0], gap[1], e.span)];
  });
}

/** PostgreSQL and Freshet turn a key of jsonb_object_agg into text; RisingWave takes only text. */
function byKey({ queries, pipeline }: TargetInput): readonly Diagnostic[] {
  const explicit = new Set<string>();
  for (const { select, slice } of queries) {
    walk(select, (_, node) => {
      if (functionName(node) !== 'jsonb_object_agg' || !('FuncCall' in node)) return;
      const [key] = node.FuncCall.args ?? [];
      if (key !== undefined && 'TypeCast' in key) explicit.add(placeOf(slice.spanAt(locationOf(node))));
    });
  }
  return aggregateCalls(pipeline).flatMap(({ call }) => {
    const [key] = call.args;
    if (call.name !== 'jsonb_object_agg' || key?.kind !== 'cast' || call.span === undefined) return [];
    if (explicit.has(placeOf(call.span))) return [];
    const what = `jsonb_object_agg with a key of type ${typeName(key.arg.type)}`;
    return [missing(what, 'cast the key: ...::varchar', call.span)];
  });
}

function placeOf({ file, start }: Span): string {
  return `${file}:${start}`;
}

const RANGES: ReadonlySet<CompareOp> = new Set(['<', '<=', '>', '>=']);

/** Returns what RisingWave lacks for a call or a comparison of these types. */
function missingOverload(e: Expr): Gap | undefined {
  if (e.kind === 'compare' && e.left.type.kind === 'jsonb' && RANGES.has(e.op))
    return [`order of JSONB (${e.op})`, "compare a field as text or as a number: (doc ->> 'key')::int"];
  if (e.kind !== 'call') return undefined;
  const types = e.fn.args.map((t) => t.kind);
  switch (e.fn.name) {
    case 'log':
      return types.length === 2 ? ['log with a base', 'write LN(x) / LN(base)'] : undefined;
    case 'trunc':
      return types.length === 2 ? ['trunc with a number of digits', 'write TRUNC(x * 100) / 100'] : undefined;
    case 'substring':
      return types[1] === 'varchar'
        ? ['substring by a pattern', "write (REGEXP_MATCH(text, 'pattern'))[1]"]
        : undefined;
    case 'to_char':
      return types[0]?.startsWith('timestamp') === true || types[0] === 'interval'
        ? undefined
        : ['to_char for numbers', 'cast the number to VARCHAR, after ROUND(x, digits)'];
    case '-':
      return types.length === 1 && types[0] === 'interval'
        ? ['minus sign before an interval', 'multiply: -1 * x']
        : undefined;
    case 'greatest':
    case 'least':
      return types[0] === 'array' || types[0] === 'jsonb'
        ? [`${e.fn.name} for this type`, 'compare with CASE']
        : undefined;
    default:
      return undefined;
  }
}
