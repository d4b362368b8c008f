import type { Node } from '@pgsql/types';
import { functionName, isClock, operatorOf } from '../query.ts';

/** What RisingWave can prove about an expression without columns, while the clock rises. */
export interface Course {
  readonly course: 'constant' | 'rising' | 'falling' | 'unknown';
  /** The type, as far as it is known from the expression alone: that of a clock always is. */
  readonly type: 'timestamp' | 'timestamptz' | 'interval' | undefined;
}

const UNKNOWN: Course = { course: 'unknown', type: undefined };
const TURNED = { constant: 'constant', rising: 'falling', falling: 'rising', unknown: 'unknown' } as const;
const RISING: Course = { course: 'rising', type: 'timestamptz' };

/**
 * Returns the course of an expression without columns, as RisingWave derives it: sums, date_trunc, and the time in UTC
 * keep the course of the clock; a cast to another type and every other function hide it.
 */
export function courseOf(node: Node): Course {
  if (isClock(node)) return RISING;
  if ('A_Const' in node) return { course: 'constant', type: undefined };
  if ('A_Expr' in node) return courseOfOperation(node);
  if ('TypeCast' in node) return courseOfCast(node);
  if (!('FuncCall' in node)) return UNKNOWN;
  const [first, second, third] = node.FuncCall.args ?? [];
  switch (functionName(node)) {
    case 'date_trunc': {
      const isPlain = textOf(first) !== undefined && (third === undefined || isUtc(third));
      return second !== undefined && isPlain ? courseOf(second) : UNKNOWN;
    }
    case 'timezone':
      return second === undefined ? UNKNOWN : inZone(first, courseOf(second));
    default:
      return UNKNOWN;
  }
}

/** A literal with a cast is a constant, if the text can be read without a session; every other cast hides the course. */
function courseOfCast(node: Node): Course {
  const arg = 'TypeCast' in node ? node.TypeCast.arg : undefined;
  if (arg === undefined) return UNKNOWN;
  const type = typeNamed(node);
  const text = textOf(arg);
  if (text !== undefined) {
    const needsZone = type === 'timestamptz' && !/:\d\d(?:\.\d+)? ?(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(text);
    return needsZone ? UNKNOWN : { course: 'constant', type };
  }
  const of = courseOf(arg);
  // A cast to the type that the expression has already is none.
  return of.type !== undefined && of.type === type ? of : UNKNOWN;
}

function courseOfOperation(node: Node): Course {
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return UNKNOWN;
  const { lexpr, rexpr } = node.A_Expr;
  if (lexpr === undefined || rexpr === undefined) return UNKNOWN;
  const [left, right] = [courseOf(lexpr), courseOf(rexpr)];
  if (operatorOf(node) === '+') {
    const type = left.type === 'interval' ? right.type : left.type;
    if (left.course === 'constant') return { course: right.course, type: right.type };
    if (right.course === 'constant' || left.course === right.course) return { course: left.course, type };
    return UNKNOWN;
  }
  if (operatorOf(node) === '*' || operatorOf(node) === '/') {
    const isConstant = left.course === 'constant' && right.course === 'constant';
    return isConstant ? { course: 'constant', type: left.type ?? right.type } : UNKNOWN;
  }
  if (operatorOf(node) !== '-') return UNKNOWN;
  const isLength = right.type === 'timestamp' || right.type === 'timestamptz';
  const type = isLength ? 'interval' : left.type;
  if (right.course === 'constant') return { course: left.course, type };
  return left.course === 'constant' ? { course: TURNED[right.course], type } : UNKNOWN;
}

/** A TIMESTAMP in any zone is an instant that rises with it. An instant in a zone with summer time is set back. */
function inZone(zone: Node | undefined, { course, type }: Course): Course {
  if (textOf(zone) === undefined) return UNKNOWN;
  if (type === 'timestamp') return { course, type: 'timestamptz' };
  return type === 'timestamptz' && isUtc(zone) ? { course, type: 'timestamp' } : UNKNOWN;
}

function isUtc(zone: Node | undefined): boolean {
  return textOf(zone)?.toLowerCase() === 'utc';
}

/** Returns the text of a literal, also of one with a cast to a text type; undefined for other nodes. */
function textOf(node: Node | undefined): string | undefined {
  const literal = node !== undefined && 'TypeCast' in node ? node.TypeCast.arg : node;
  return literal !== undefined && 'A_Const' in literal ? literal.A_Const.sval?.sval : undefined;
}

function typeNamed(cast: Node): Course['type'] {
  const last = 'TypeCast' in cast ? cast.TypeCast.typeName?.names?.at(-1) : undefined;
  const name = last !== undefined && 'String' in last ? last.String.sval : undefined;
  return name === 'timestamp' || name === 'timestamptz' || name === 'interval' ? name : undefined;
}
