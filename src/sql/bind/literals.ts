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

/** Returns the constant of a parser's node. The parser omits a value that is zero, false or empty. */
export function literal(c: A_Const, span: Span): Expr {
  if (c.isnull === true) return constant(null, UNKNOWN, span);
  if (c.sval !== undefined) return constant(c.sval.sval ?? '', UNKNOWN, span);
  if (c.boolval !== undefined) return constant(c.boolval.boolval ?? false, BOOLEAN, span);
  if (c.ival !== undefined) return constant(c.ival.ival ?? 0, INTEGER, span);
  if (c.fval !== undefined) return numberLiteral(c.fval.fval ?? '0', span);
  throw unsupported('a bit string', span, 'use VARCHAR or BYTEA');
}

/** Returns CURRENT_DATE and its like as casts of the pipeline's clock. `op` is the parser's name of the function. */
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
        'use CURRENT_TIMESTAMP, CURRENT_DATE or LOCALTIMESTAMP',
      );
  }
}

const INT_RANGE = 2n ** 31n;
const BIGINT_RANGE = 2n ** 63n;

/** Returns a number too long for the parser's integers: INTEGER or BIGINT if it is whole and fits, or else NUMERIC. */
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

/** Returns a NUMERIC. As in RisingWave, a number that is too large, or so small that it rounds to zero, is an error. */
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
    `write '${digits}'::double precision`,
  );
}

/**
 * Returns the text of `INTERVAL 'text' FIELD` as a text that needs no field. A text that is no interval is returned
 * unchanged, and refused by the cast.
 */
export function limitedInterval(text: string, field: IntervalField): string {
  try {
    return formatInterval(truncateInterval(parseInterval(text, field), field));
  } catch (error) {
    if (error instanceof SqlValueError) return text;
    throw error;
  }
}
