import type { FuncCall } from '@pgsql/types';
import { functionNames } from '../../functions/registry.ts';
import { TIMESTAMP, TIMESTAMPTZ, UNKNOWN, VARCHAR } from '../../values/types.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import { clockHint, OTHER_CLOCKS } from '../clock-hints.ts';
import { didYouMean } from '../did-you-mean.ts';
import { failure, unsupported } from '../failure.ts';
import { aggregateNames, bindAggregate, isAggregate } from './aggregates.ts';
import { call, now } from './build.ts';
import { castTo, constant, isConst } from './coerce.ts';
import type { ExprBinder } from './expr-binder.ts';
import { bindWindowCall } from './windows.ts';

const MAKES_ROWS = 'it returns rows; let the producer send one event per element, or index the array: a[1]';
const IS_RANDOM = 'equal input must give equal rows; let the producer send the value';

/** Functions of RisingWave and PostgreSQL that are random or return rows, each with what to do instead. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ['random', IS_RANDOM],
  ['gen_random_uuid', IS_RANDOM],
  ['unnest', MAKES_ROWS],
  ['generate_series', 'it returns rows; write them out: (VALUES (0), (1), (2)) AS s(x)'],
  ['jsonb_array_elements', MAKES_ROWS],
  ['jsonb_array_elements_text', MAKES_ROWS],
  ['jsonb_each', MAKES_ROWS],
  ['jsonb_each_text', MAKES_ROWS],
  ['jsonb_object_keys', MAKES_ROWS],
  ['regexp_split_to_table', 'use regexp_split_to_array'],
]);

const WINDOW_START =
  "group by the start of the window: date_trunc('minute', ts), or date_bin(INTERVAL '5 minutes', ts, '1970-01-01')";

/** Functions of other dialects, each with what PostgreSQL has instead. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['ifnull', 'use COALESCE(x, y)'],
  ['nvl', 'use COALESCE(x, y)'],
  ['isnull', 'use COALESCE(x, y), or x IS NULL'],
  ['if', 'use CASE WHEN condition THEN x ELSE y END'],
  ['iff', 'use CASE WHEN condition THEN x ELSE y END'],
  ['iif', 'use CASE WHEN condition THEN x ELSE y END'],
  ['decode', "use CASE x WHEN 'a' THEN 1 ELSE 0 END"],
  ['len', 'use length(text)'],
  ['datediff', 'subtract: date - date gives days, and extract(epoch FROM ts - ts) seconds'],
  ['timestampdiff', 'subtract: extract(epoch FROM ts - ts) gives seconds'],
  ['dateadd', "add an interval: ts + INTERVAL '1 day'"],
  ['date_add', "add an interval: ts + INTERVAL '1 day'"],
  ['date_sub', "subtract an interval: ts - INTERVAL '1 day'"],
  ['date', 'cast it: ts::date'],
  ['curdate', 'use CURRENT_DATE'],
  ['from_unixtime', 'use to_timestamp(seconds)'],
  ['unix_timestamp', 'use extract(epoch FROM ts)'],
  ['json_extract', "use doc -> 'key', or doc ->> 'key' for text"],
  ['json_value', "use doc ->> 'key'"],
  ['get_json_object', "use doc ->> 'key'"],
  ['tumble', WINDOW_START],
  ['tumble_start', WINDOW_START],
  ['hop', WINDOW_START],
  ['hop_start', WINDOW_START],
  ['group_concat', "use STRING_AGG(x, ',' ORDER BY y)"],
  ['listagg', "use STRING_AGG(x, ',' ORDER BY y)"],
  ['count_if', 'use COUNT(*) FILTER (WHERE condition)'],
  ['countif', 'use COUNT(*) FILTER (WHERE condition)'],
  ['max_by', 'use LAST_VALUE(x ORDER BY y)'],
  ['argmax', 'use LAST_VALUE(x ORDER BY y)'],
  ['min_by', 'use FIRST_VALUE(x ORDER BY y)'],
  ['argmin', 'use FIRST_VALUE(x ORDER BY y)'],
  ['make_interval', "multiply: n * INTERVAL '1 day'"],
  ['format', 'concatenate text with ||'],
  ['overlaps', 'compare the ends: start1 < end2 AND start2 < end1'],
]);

const WINDOW_FUNCTIONS = new Set([
  'row_number',
  'rank',
  'dense_rank',
  'lag',
  'lead',
  'ntile',
  'percent_rank',
  'cume_dist',
  'nth_value',
]);

let registered: ReadonlySet<string> | undefined;

/** Binds a call `name(...)`, or syntax that the parser turns into one (EXTRACT, SUBSTRING, AT TIME ZONE, ...). */
export function bindFunction(node: FuncCall, binder: ExprBinder): Expr {
  const span = binder.span(node.location);
  const parts = (node.funcname ?? []).map((n) => ('String' in n ? (n.String.sval ?? '') : ''));
  const name = parts[parts.length - 1] ?? '';
  if (parts.length > 1 && parts[0] !== 'pg_catalog' && parts[0] !== 'public') {
    throw unsupported(`schema "${parts[0]}"`, span, 'write the function name alone');
  }
  if (node.over !== undefined) return bindWindowCall(name, node, binder);
  if (isAggregate(name)) return bindAggregate(name, node, binder);
  if (WINDOW_FUNCTIONS.has(name)) {
    throw failure(
      '42P20',
      `window function ${name}() needs an OVER clause`,
      span,
      'write OVER (PARTITION BY ... ORDER BY ...)',
    );
  }
  const args = node.args ?? [];
  if (name === 'now' || name === 'current_timestamp') {
    if (args.length > 0) throw failure('42883', `${name} takes no arguments`, span);
    return now(span);
  }
  if (OTHER_CLOCKS.has(name)) throw unsupported(`function ${name}()`, span, clockHint(binder.context.clause));
  const refused = REFUSED.get(name);
  if (refused !== undefined) throw unsupported(`function ${name}()`, span, refused);
  if (node.func_variadic === true) throw unsupported('VARIADIC', span, 'pass the arguments one by one');
  if (
    node.agg_star === true ||
    node.agg_distinct === true ||
    node.agg_filter !== undefined ||
    node.agg_order !== undefined
  ) {
    throw failure('42809', `${name} is not an aggregate`, span, didYouMean(name, aggregateNames()));
  }
  if (name === 'timezone' && args.length === 2) return timezone(binder.bindAll(args) as [Expr, Expr], span);
  registered ??= new Set(functionNames());
  if (!registered.has(name)) {
    throw failure(
      '42883',
      `function ${name}() does not exist`,
      span,
      ELSEWHERE.get(name) ?? didYouMean(name, [...registered, ...aggregateNames()]),
    );
  }
  const named = args.find((a) => 'NamedArgExpr' in a);
  if (named !== undefined) throw unsupported('a named argument', span, 'pass arguments by position');
  return call(name, binder.bindAll(args), span);
}

/** Binds `x AT TIME ZONE z`. In the session's zone, UTC, it is a plain cast, for which the engine has most rules. */
function timezone([zone, value]: readonly [Expr, Expr], span: Span): Expr {
  const settled =
    zone.type.kind === 'unknown' && isConst(zone) ? constant(zone.value, VARCHAR, zone.span) : zone;
  const utc = isConst(settled) && typeof settled.value === 'string' && settled.value.toUpperCase() === 'UTC';
  if (utc && value.type.kind === 'timestamptz') return castTo(value, TIMESTAMP, span);
  if (utc && value.type.kind === 'timestamp') return castTo(value, TIMESTAMPTZ, span);
  // PostgreSQL reads an untyped literal as TIMESTAMPTZ.
  return call('timezone', [settled, value.type === UNKNOWN ? castTo(value, TIMESTAMPTZ, span) : value], span);
}
