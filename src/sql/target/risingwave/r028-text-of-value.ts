import type { Expr, Span } from '../../../plan/expr.ts';
import type { SqlType } from '../../../values/types.ts';
import { differs } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';
import { aggregateCalls, allExprs } from './bound-plan.ts';

/** By type, how RisingWave writes a value as text where Freshet writes it otherwise. */
const AS_TEXT: Partial<Record<SqlType['kind'], string>> = {
  timestamptz: 'RisingWave writes a TIMESTAMPTZ with +00:00, and Freshet with +00',
  timestamp: 'RisingWave writes fractions of a second with 3 or 6 digits, and Freshet without trailing zeros',
  time: 'RisingWave writes fractions of a second with 3 or 6 digits, and Freshet without trailing zeros',
  numeric: 'RisingWave keeps trailing zeros of a NUMERIC, as in 1.50, and Freshet drops them',
  jsonb: 'RisingWave keeps numbers in JSON as doubles, 1.10 as 1.1, and Freshet as they were written',
};
const DOUBLE_IN_JSON =
  'RisingWave writes whole doubles into JSON with a point, 2 as 2.0, and Freshet without';
const AS_JSON: Partial<Record<SqlType['kind'], string>> = {
  numeric: 'RisingWave writes a NUMERIC into JSON as a double, 980 as 980.0, and Freshet all digits',
  real: 'RisingWave writes a REAL into JSON with the digits of a double, 15.87 as 15.869999885559082',
  double: DOUBLE_IN_JSON,
};

const TEXTS: ReadonlySet<string> = new Set(['concat', 'concat_ws', 'array_to_string']);
const JSONS: ReadonlySet<string> = new Set(['to_jsonb', 'jsonb_build_object', 'jsonb_build_array']);
const JSON_AGGREGATES: ReadonlySet<string> = new Set(['jsonb_agg', 'jsonb_object_agg']);

/** Texts of values differ in digits and zones; as keys or as parts of keys they would be other rows. */
export const TEXT_OF_VALUE: TargetRule = {
  code: 'R028',
  about: 'the text or JSON of a value that RisingWave writes otherwise',
  source:
    "RisingWave's src/common/src/types/timestamptz.rs, to_text.rs and decimal.rs, and src/expr/impl/src/scalar/to_jsonb.rs",
  renderable: false,
  check: (input) =>
    writes(input).flatMap(({ type, forms, span }) => {
      const message = forms[innermost(type).kind];
      if (message === undefined || span === undefined) return [];
      const hint =
        forms === AS_JSON
          ? 'write text into the JSON, or a BIGINT; if the digits do not matter, write -- freshet:allow R028'
          : 'write it with to_char or round it; if the difference does not matter, write -- freshet:allow R028';
      return [differs('R028', message, hint, span)];
    }),
};

interface Written {
  readonly type: SqlType;
  readonly forms: typeof AS_TEXT;
  readonly span: Span | undefined;
}

/** Returns each place where a value becomes text or JSON. */
function writes({ pipeline }: TargetInput): readonly Written[] {
  const ofExprs = allExprs(pipeline).flatMap((e): Written[] => {
    if (e.kind === 'cast' && e.type.kind === 'varchar')
      return [{ type: e.arg.type, forms: AS_TEXT, span: e.span }];
    if (e.kind !== 'call') return [];
    if (TEXTS.has(e.fn.name)) return ofArgs(e.args, AS_TEXT, e.span);
    return JSONS.has(e.fn.name) ? ofArgs(e.args, AS_JSON, e.span) : [];
  });
  const ofAggregates = aggregateCalls(pipeline).flatMap(({ call }) =>
    JSON_AGGREGATES.has(call.name) ? ofArgs(call.args.slice(-1), AS_JSON, call.span) : [],
  );
  return [...ofExprs, ...ofAggregates];
}

function ofArgs(args: readonly Expr[], forms: typeof AS_TEXT, span: Span | undefined): Written[] {
  return args.map((a) => ({ type: a.type, forms, span: a.span ?? span }));
}

function innermost(type: SqlType): SqlType {
  return type.kind === 'array' ? innermost(type.element) : type;
}
