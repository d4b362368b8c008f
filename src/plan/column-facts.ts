import { formatDatum } from '../values/text.ts';
import { isInteger, isNumber, type SqlType } from '../values/types.ts';
import { provenColumns } from './proven-columns.ts';
import { children, unreachable, type CallExpr, type CastExpr, type ConstExpr, type Expr } from './expr.ts';
import { jsonOfAggregate, jsonOfConstant, jsonOfCall, sameJson, type JsonShape } from './json-shape.ts';
import type { AggregateCall, PlanNode } from './nodes.ts';

/**
 * What the SQL tells about a column's values, for generated types, under the assumption that no expression fails. (One
 * that fails, as by an overflow, is NULL for that row and reported; a plan's own `nullable` allows for that.)
 */
export interface ColumnFacts {
  readonly type: SqlType;
  readonly nullable: boolean;
  /**
   * The number is a count, or computed from INTs by sums and by arithmetic that keeps numbers small. It is assumed to
   * be below 2^53, or below that by a digit for each of its decimals. (A sum exceeds it after 4 million of the largest
   * INT.)
   */
  readonly isModest: boolean;
  /** The maximum number of decimals; undefined if not known. */
  readonly decimals: number | undefined;
  /** Whether an array may hold NULLs. */
  readonly holdsNulls: boolean;
  /** The shape of a JSONB value; undefined if not known. */
  readonly json: JsonShape | undefined;
}

/** With more decimals a double has too few digits before the point. */
const MAX_DECIMALS = 6;

/** Returns the facts of a view's columns, for scans of the view. */
export type FactsOfView = (view: string) => readonly ColumnFacts[] | undefined;

/** Returns the facts of a plan's columns. */
export function columnFacts(node: PlanNode, ofView: FactsOfView): readonly ColumnFacts[] {
  switch (node.kind) {
    case 'scan':
      return ofView(node.relation.name) ?? node.columns.map(({ type, nullable }) => ofType(type, nullable));
    case 'values':
      return node.columns.map((_, i) => either(node.rows.map((row) => exprFacts(row[i]!, []))));
    case 'project': {
      const input = columnFacts(node.input, ofView);
      return node.exprs.map((e) => exprFacts(e, input));
    }
    case 'filter':
      return without(columnFacts(node.input, ofView), provenColumns(node.predicate));
    case 'aggregate': {
      const input = columnFacts(node.input, ofView);
      return [
        ...node.groupBy.map((e) => exprFacts(e, input)),
        ...node.calls.map((call) => aggregateFacts(call, input, node.global)),
      ];
    }
    case 'join': {
      const left = columnFacts(node.left, ofView);
      const right = columnFacts(node.right, ofView);
      if (node.join === 'left') return [...left, ...right.map((facts) => ({ ...facts, nullable: true }))];
      const both = [
        ...without(left, new Set(node.leftKeys.flatMap((e) => [...provenColumns(e, 'value')]))),
        ...without(right, new Set(node.rightKeys.flatMap((e) => [...provenColumns(e, 'value')]))),
      ];
      return node.residual === undefined ? both : without(both, provenColumns(node.residual));
    }
    case 'top_n': {
      const input = columnFacts(node.input, ofView);
      const rank = node.columns.slice(input.length);
      return [...input, ...rank.map(({ type }) => ({ ...ofType(type, false), isModest: true }))];
    }
    case 'union_all': {
      const inputs = node.inputs.map((input) => columnFacts(input, ofView));
      return node.columns.map((_, i) => either(inputs.map((input) => input[i]!)));
    }
    default:
      return unreachable(node);
  }
}

function ofType(type: SqlType, nullable: boolean): ColumnFacts {
  const isSmall = type.kind === 'smallint' || type.kind === 'integer';
  const decimals = isInteger(type) ? 0 : undefined;
  return { type, nullable, isModest: isSmall, decimals, holdsNulls: true, json: undefined };
}

/** Returns whether a double holds all digits that the number can have. */
export function isSafeNumber({ isModest, decimals }: ColumnFacts): boolean {
  return isModest && decimals !== undefined && decimals <= MAX_DECIMALS;
}

/** Marks columns as not nullable, after a condition or an equality that excludes NULLs in them. */
function without(facts: readonly ColumnFacts[], nulls: ReadonlySet<number>): readonly ColumnFacts[] {
  return facts.map((each, i) => (nulls.has(i) ? { ...each, nullable: false } : each));
}

/** Returns the facts of a value that is one of several. */
function either(all: readonly ColumnFacts[]): ColumnFacts {
  const [first, ...others] = all as readonly [ColumnFacts, ...ColumnFacts[]];
  return {
    type: first.type,
    nullable: all.some(({ nullable }) => nullable),
    isModest: all.every(({ isModest }) => isModest),
    decimals: most(all.map(({ decimals }) => decimals)),
    holdsNulls: all.some(({ holdsNulls }) => holdsNulls),
    json: others.reduce((shape, { json }) => sameJson(shape, json), first.json),
  };
}

function most(decimals: readonly (number | undefined)[]): number | undefined {
  return decimals.includes(undefined) ? undefined : Math.max(...(decimals as number[]));
}

/** Aggregates whose result is modest if their argument is. */
const KEEPS_SIZE: ReadonlySet<string> = new Set(['sum', 'avg', 'min', 'max', 'first_value', 'last_value']);

function aggregateFacts(call: AggregateCall, input: readonly ColumnFacts[], isGlobal: boolean): ColumnFacts {
  const taken = call.filter === undefined ? input : without(input, provenColumns(call.filter));
  const args = call.args.map((arg) => exprFacts(arg, taken));
  const { type, name } = call;
  const hasRow = !isGlobal && call.filter === undefined;
  const collects = name === 'array_agg' || name === 'jsonb_agg' || name === 'jsonb_object_agg';
  return {
    type,
    nullable: name !== 'count' && !(hasRow && (collects || args[0]?.nullable === false)),
    isModest: name === 'count' || (KEEPS_SIZE.has(name) && args[0]?.isModest === true),
    decimals: name === 'count' ? 0 : name === 'avg' ? undefined : args[0]?.decimals,
    holdsNulls: name !== 'array_agg' || args[0]!.nullable,
    json: jsonOfAggregate(call, args),
  };
}

/** Returns the facts of an expression over rows whose columns have the given facts. */
function exprFacts(e: Expr, columns: readonly ColumnFacts[]): ColumnFacts {
  const plain = ofType(e.type, e.nullable);
  switch (e.kind) {
    case 'const':
      return {
        ...plain,
        ...numberFacts(e),
        holdsNulls: Array.isArray(e.value) && e.value.includes(null),
        json: jsonOfConstant(e),
      };
    case 'column':
      return columns[e.index]!;
    case 'case': {
      const values = e.arms.map(({ when, then }) => exprFacts(then, without(columns, provenColumns(when))));
      return either(
        ignoringNulls(
          [...values, exprFacts(e.otherwise, columns)],
          [...e.arms.map((arm) => arm.then), e.otherwise],
        ),
      );
    }
    case 'coalesce': {
      const values = e.args.map((arg) => exprFacts(arg, columns));
      return { ...either(values), nullable: values.every(({ nullable }) => nullable) };
    }
    case 'cast':
      return castFacts(e, exprFacts(e.arg, columns));
    case 'call':
      return callFacts(
        e,
        e.args.map((arg) => exprFacts(arg, columns)),
      );
    default:
      return {
        ...plain,
        nullable: e.nullable && children(e).some((child) => exprFacts(child, columns).nullable),
      };
  }
}

/** Leaves out values that are a NULL constant: they only make the result nullable. */
function ignoringNulls(values: readonly ColumnFacts[], exprs: readonly Expr[]): readonly ColumnFacts[] {
  const others = values.filter((_, i) => !isNull(exprs[i]!));
  if (others.length === values.length || others.length === 0) return values;
  return others.map((facts) => ({ ...facts, nullable: true }));
}

function isNull(e: Expr): boolean {
  return e.kind === 'const' && e.value === null;
}

function numberFacts({ type, value }: ConstExpr): Pick<ColumnFacts, 'isModest' | 'decimals'> {
  if (value === null || !isNumber(type)) return { isModest: value === null, decimals: 0 };
  const text = formatDatum(type, value);
  return {
    isModest: Math.abs(Number(text)) < 2 ** 31,
    decimals: /^-?\d+(?:\.(\d+))?$/.exec(text)?.[1]?.length ?? 0,
  };
}

/** A cast from text, JSON or an array may fail for its content; any other only for a value outside the type's range. */
function castFacts({ type, arg, nullable }: CastExpr, of: ColumnFacts): ColumnFacts {
  const mayNotFit = ['varchar', 'jsonb', 'array'].includes(arg.type.kind) && type.kind !== 'varchar';
  const plain = ofType(type, nullable && (of.nullable || mayNotFit));
  const isArithmetic = isNumber(type) && isNumber(arg.type);
  return {
    ...plain,
    isModest: plain.isModest || (isArithmetic && of.isModest),
    decimals: plain.decimals ?? (isArithmetic ? of.decimals : undefined),
    json: type.kind === arg.type.kind ? of.json : undefined,
  };
}

/** Functions that have a value for all arguments that are not NULL, except for overflow. */
const TOTAL: ReadonlySet<string> = new Set(
  (
    '+ - * || abs ceil ceiling floor round trunc sign lower upper initcap trim btrim ltrim rtrim length char_length ' +
    'octet_length left right substring substr replace reverse translate split_part starts_with strpos position md5 ' +
    'date_trunc date_part extract date_bin to_char age to_jsonb array_length cardinality string_to_array ' +
    '~ ~* !~ !~* ~~ ~~* !~~ !~~* like ilike'
  ).split(' '),
);
const ALWAYS: ReadonlySet<string> = new Set(['concat', 'jsonb_build_object', 'jsonb_build_array']);
const EXTREMES: ReadonlySet<string> = new Set(['greatest', 'least']);

function callFacts(e: CallExpr, args: readonly ColumnFacts[]): ColumnFacts {
  const { name, strict } = e.fn;
  const isDivision = name === '/' || name === '%';
  const hasValue =
    ALWAYS.has(name) ||
    (EXTREMES.has(name) && args.some(({ nullable }) => !nullable)) ||
    (strict &&
      (TOTAL.has(name) || (isDivision && constantOf(e.args[1]!) !== 0)) &&
      args.every(({ nullable }) => !nullable));
  const plain = ofType(e.type, e.nullable && !hasValue);
  return {
    ...plain,
    isModest: plain.isModest || (isNumber(e.type) && isModestCall(e, args)),
    decimals: plain.decimals ?? decimalsOfCall(e, args),
    json: jsonOfCall(e, args),
  };
}

/** Returns the value of a constant number, and 0 for any other expression. */
function constantOf(e: Expr): number {
  if (e.kind === 'cast' && isNumber(e.type)) return constantOf(e.arg);
  return e.kind === 'const' && e.value !== null && isNumber(e.type)
    ? Number(formatDatum(e.type, e.value))
    : 0;
}

/** Functions whose result is modest if all arguments are. */
const MODEST: ReadonlySet<string> = new Set(
  '+ - * abs greatest least round trunc floor ceil ceiling sign'.split(' '),
);

function isModestCall(e: CallExpr, args: readonly ColumnFacts[]): boolean {
  const { name } = e.fn;
  if (name === 'round' || name === 'trunc') return args[0]!.isModest;
  if (MODEST.has(name)) return args.every(({ isModest }) => isModest);
  // Division by a fraction may give a number of any size.
  return (
    name === '/' && args[0]!.isModest && (args[1]!.decimals === 0 || Math.abs(constantOf(e.args[1]!)) >= 1)
  );
}

function decimalsOfCall(e: CallExpr, args: readonly ColumnFacts[]): number | undefined {
  const [first, second] = args.map(({ decimals }) => decimals);
  switch (e.fn.name) {
    case 'abs':
    case 'greatest':
    case 'least':
    case '+':
    case '-':
      return most(args.map(({ decimals }) => decimals));
    case '*':
      return first === undefined || second === undefined ? undefined : first + second;
    case 'round':
    case 'trunc': {
      const places = e.args[1];
      if (places === undefined) return 0;
      return places.kind === 'const' && places.value !== null ? Math.max(0, Number(places.value)) : undefined;
    }
    case 'floor':
    case 'ceil':
    case 'ceiling':
    case 'sign':
      return 0;
    default:
      return undefined;
  }
}
