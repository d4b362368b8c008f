import type { Expr, Span } from './expr.ts';
import { renderExpr } from './render-expr.ts';
import { FreshetError } from '../values/freshet-error.ts';

/** Thrown for an expression that changes with every tick of the clock, so that no row would ever be up to date. */
export class ContinuousClockError extends FreshetError {
  declare readonly hint: string;
  readonly span: Span | undefined;

  /** `e` is the expression that changes, `span` the place of its clock in the SQL. */
  constructor(e: Expr, span: Span | undefined) {
    const text = renderExpr(e);
    super('continuous_clock', `${text} is a value that changes continuously`, {
      hint: `${stepping(text)}; or compare it with a column or a constant, which stays exact${example(e)}`,
    });
    this.span = span;
  }
}

const CLOCKS = /\b(?:now\(\)|current_timestamp|localtimestamp|localtime\b|current_time\b)/gi;

/** Returns advice: the expression over a clock that advances by minutes, or with a coarser field. */
function stepping(text: string): string {
  const seconds = /extract\('(?:milli|micro)?second', /i;
  if (seconds.test(text))
    return `take a field that changes less often: ${text.replace(seconds, "extract('minute', ")}`;
  return `make it change in steps: ${text.replaceAll(CLOCKS, (clock) => `date_trunc('minute', ${clock})`)}`;
}

function example(e: Expr): string {
  const text = renderExpr(e);
  if (e.type.kind === 'interval') return `: ${text} < INTERVAL '1 hour'`;
  if (e.type.kind === 'timestamp' || e.type.kind === 'timestamptz')
    return `: ts > ${text} - INTERVAL '1 hour'`;
  return '';
}
