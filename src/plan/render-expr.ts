import { castDatum } from '../values/cast.ts';
import type { Datum } from '../values/datum.ts';
import { VARCHAR, typeName, type SqlType } from '../values/types.ts';
import { unreachable, type CallExpr, type Expr } from './expr.ts';

/** PostgreSQL's operator precedence of a rendered expression. An operand of lower precedence gets parentheses. */
const OR = 1;
const AND = 2;
const NOT = 3;
const IS = 4;
const COMPARE = 5;
const IN = 6;
const OPERATOR = 7;
const ADD = 8;
const MULTIPLY = 9;
const POWER = 10;
const NEGATE = 11;
const CAST = 12;
const ATOM = 13;

const OPERATOR_PRECEDENCE: Readonly<Record<string, number>> = {
  '+': ADD,
  '-': ADD,
  '*': MULTIPLY,
  '/': MULTIPLY,
  '%': MULTIPLY,
  '^': POWER,
};

interface Rendered {
  readonly text: string;
  readonly precedence: number;
}

/**
 * Renders a bound expression as SQL for a person: columns by name, with the casts that the binder added, and the clock
 * as now(), CURRENT_DATE or LOCALTIMESTAMP. Integer literals are printed without their type.
 */
export function renderExpr(e: Expr): string {
  return render(e).text;
}

/** Renders a name as SQL, quoted only if necessary. */
export function renderName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Renders a value of a type as a SQL literal. */
export function renderLiteral(value: Datum, type: SqlType): string {
  return literal(value, type).text;
}

function atom(text: string): Rendered {
  return { text, precedence: ATOM };
}

function operand(e: Expr, atLeast: number): string {
  const { text, precedence } = render(e);
  return precedence < atLeast ? `(${text})` : text;
}

function list(exprs: readonly Expr[]): string {
  return exprs.map(renderExpr).join(', ');
}

function render(e: Expr): Rendered {
  switch (e.kind) {
    case 'const':
      return literal(e.value, e.type);
    case 'column':
      return atom(e.relation === undefined ? renderName(e.name) : `${e.relation}.${renderName(e.name)}`);
    case 'now':
      return atom('now()');
    case 'call':
      return renderCall(e);
    case 'compare':
      return {
        text: `${operand(e.left, COMPARE + 1)} ${e.op} ${operand(e.right, COMPARE + 1)}`,
        precedence: COMPARE,
      };
    case 'and':
      return { text: e.args.map((arg) => operand(arg, AND + 1)).join(' AND '), precedence: AND };
    case 'or':
      return { text: e.args.map((arg) => operand(arg, OR + 1)).join(' OR '), precedence: OR };
    case 'not':
      return renderNot(e.arg);
    case 'is_null':
      return { text: `${operand(e.arg, IS + 1)} IS NULL`, precedence: IS };
    case 'distinct_from':
      return { text: distinctFrom(e.left, e.right, 'IS DISTINCT FROM'), precedence: IS };
    case 'case': {
      const arms = e.arms.map((arm) => `WHEN ${renderExpr(arm.when)} THEN ${renderExpr(arm.then)}`);
      return atom(`CASE ${arms.join(' ')} ELSE ${renderExpr(e.otherwise)} END`);
    }
    case 'coalesce':
      return atom(`COALESCE(${list(e.args)})`);
    case 'cast':
      if (e.arg.kind === 'now' && e.type.kind === 'date') return atom('CURRENT_DATE');
      if (e.arg.kind === 'now' && e.type.kind === 'timestamp') return atom('LOCALTIMESTAMP');
      return { text: `${operand(e.arg, CAST)}::${typeName(e.type)}`, precedence: CAST };
    case 'in_list':
      return { text: `${operand(e.arg, IN + 1)} IN (${inValues(e)})`, precedence: IN };
    default:
      return unreachable(e);
  }
}

function inValues(e: Extract<Expr, { kind: 'in_list' }>): string {
  const values = e.values.map((value) => renderLiteral(value, e.arg.type));
  return (e.hasNull ? [...values, 'NULL'] : values).join(', ');
}

function distinctFrom(left: Expr, right: Expr, sign: string): string {
  return `${operand(left, IS + 1)} ${sign} ${operand(right, IS + 1)}`;
}

function renderNot(arg: Expr): Rendered {
  switch (arg.kind) {
    case 'is_null':
      return { text: `${operand(arg.arg, IS + 1)} IS NOT NULL`, precedence: IS };
    case 'distinct_from':
      return { text: distinctFrom(arg.left, arg.right, 'IS NOT DISTINCT FROM'), precedence: IS };
    case 'in_list':
      return { text: `${operand(arg.arg, IN + 1)} NOT IN (${inValues(arg)})`, precedence: IN };
    default:
      return { text: `NOT ${operand(arg, NOT)}`, precedence: NOT };
  }
}

function renderCall(e: CallExpr): Rendered {
  const { name } = e.fn;
  const isOperator = !/^[a-z_]/.test(name);
  const [first, second] = e.args;
  if (isOperator && second !== undefined) {
    const precedence = OPERATOR_PRECEDENCE[name] ?? OPERATOR;
    return { text: `${operand(first!, precedence)} ${name} ${operand(second, precedence + 1)}`, precedence };
  }
  if (isOperator && first !== undefined)
    return { text: `${name}${operand(first, CAST)}`, precedence: NEGATE };
  return atom(`${name}(${list(e.args)})`);
}

/** Types whose literals have the form `TYPE 'text'`. */
const PREFIXED = new Set(['date', 'time', 'timestamp', 'timestamptz', 'interval']);

function literal(value: Datum, type: SqlType): Rendered {
  if (value === null) return atom('NULL');
  if (type.kind === 'array') {
    const items = (value as readonly Datum[]).map((item) => renderLiteral(item, type.element));
    return atom(`ARRAY[${items.join(', ')}]`);
  }
  if (type.kind === 'boolean') return atom(value === true ? 'TRUE' : 'FALSE');
  const text = type.kind === 'varchar' ? (value as string) : (castDatum(value, type, VARCHAR) as string);
  const quoted = `'${text.replaceAll("'", "''")}'`;
  if (type.kind === 'varchar' || type.kind === 'unknown') return atom(quoted);
  if (PREFIXED.has(type.kind)) return atom(`${typeName(type)} ${quoted}`);
  if (type.kind === 'bytea' || type.kind === 'jsonb')
    return { text: `${quoted}::${typeName(type)}`, precedence: CAST };
  const negative = text.startsWith('-');
  if (type.kind === 'double' || type.kind === 'real') {
    // A bare 0.5 would read as NUMERIC.
    return { text: `${/^[0-9.]+$/.test(text) ? text : quoted}::${typeName(type)}`, precedence: CAST };
  }
  return { text, precedence: negative ? NEGATE : ATOM };
}
