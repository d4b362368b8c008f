import { formatInterval, truncateInterval, type IntervalField } from '../../values/interval.ts';
import { parseInterval } from '../../values/interval-parse.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import type { A_Const } from '@pgsql/types';
import { numericParse } from '../../values/numeric.ts';
import { BIGINT, BOOLEAN, DATE, INTEGER, NUMERIC, TIME, TIMESTAMP, UNKNOWN } from '../../values/types.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import { failure, unsupported } from '../failure.ts';
import { now } from './build.ts';
import { castTo, constant } from './coerce.ts';

/** A constant as the parser gives it. The parser leaves out values that are zero, false or empty. */
export function literal(c: A_Const, span: Span): Expr {
  if (c.isnull === true) return constant(null, UNKNOWN, span);
  if (c.sval !== undefined) return constant(c.sval.sval ?? '', UNKNOWN, span);
  if (c.boolval !== undefined) return constant(c.boolval.boolval ?? false, BOOLEAN, span);
  if (c.ival !== undefined) return constant(c.ival.ival ?? 0, INTEGER, span);
  if (c.fval !== undefined) return numberLiteral(c.fval.fval ?? '0', span);
  throw unsupported('a bit string', span, 'use VARCHAR or BYTEA');
}

/** CURRENT_DATE and its kind: casts of the pipeline's clock. `op` is the parser's name for it. */
export function clockFunction(op: string, span: Span): Expr {
  switch (op) {
    case 'SVFOP_CURRENT_TIMESTAMP':
      return now(span);
    case 'SVFOP_CURRENT_DATE':
      return castTo(now(span), DATE, span);
    case 'SVFOP_LOCALTIMESTAMP':
      return castTo(now(span), TIMESTAMP, span);
    case 'SVFOP_LOCALTIME':
      return castTo(castTo(now(span), TIMESTAMP, span), TIME, span);
    default:
      throw unsupported(
        op.replace('SVFOP_', '').replace(/_N$/, '(precision)'),
        span,
        'CURRENT_TIMESTAMP, CURRENT_DATE and LOCALTIMESTAMP are there',
      );
  }
}

const INT_RANGE = 2n ** 31n;
const BIGINT_RANGE = 2n ** 63n;

/** A number too long for the parser's integers: BIGINT if it is a whole one that fits, else NUMERIC. */
function numberLiteral(text: string, span: Span): Expr {
  const plain = text.replaceAll('_', '');
  if (/^-?(\d+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain)) {
    const n = plain.startsWith('-') ? -BigInt(plain.slice(1)) : BigInt(plain);
    if (n >= -INT_RANGE && n < INT_RANGE) return constant(Number(n), INTEGER, span);
    if (n >= -BIGINT_RANGE && n < BIGINT_RANGE) return constant(n, BIGINT, span);
    return numericLiteral(String(n), text, span);
  }
  return numericLiteral(plain, text, span);
}

/** A number that is too large, or so small that it would be zero, is an error, as in RisingWave. */
function numericLiteral(digits: string, written: string, span: Span): Expr {
  try {
    const value = numericParse(digits);
    if (value !== 0n || !/[1-9]/.test(digits.replace(/e.*/i, ''))) return constant(value, NUMERIC, span);
  } catch (error) {
    if (!(error instanceof SqlValueError)) throw error;
  }
  throw failure(
    '22003',
    `the number ${written} does not fit NUMERIC (28 digits after the point, below 2^96)`,
    span,
    `read it from text: '${digits}'::double precision`,
  );
}

/** The text of `INTERVAL 'text' FIELD` without the field; a text that is no interval as it is, for the cast to refuse. */
export function limitedInterval(text: string, field: IntervalField): string {
  try {
    return formatInterval(truncateInterval(parseInterval(text, field), field));
  } catch (error) {
    if (error instanceof SqlValueError) return text;
    throw error;
  }
}
