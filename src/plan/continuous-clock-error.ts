import type { Expr, Span } from './expr.ts';
import { renderExpr } from './render-expr.ts';
import { FreshetError } from '../values/freshet-error.ts';

/** An expression that changes with every tick of the clock, so that no row would ever be up to date. */
export class ContinuousClockError extends FreshetError {
  declare readonly hint: string;
  readonly span: Span | undefined;

  /** `e`: the expression that flows; `span`: where its clock is written. */
  constructor(e: Expr, span: Span | undefined) {
    const text = renderExpr(e);
    super('continuous_clock', `${text} is a value that changes continuously`, {
      hint: `${stepping(text)}; or compare it with a column or a constant, which is kept exactly${example(e)}`,
    });
    this.span = span;
  }
}

const CLOCKS = /\b(?:now\(\)|current_timestamp|localtimestamp|localtime\b|current_time\b)/gi;

/** The expression over a clock of minutes, or with a coarser field. */
function stepping(text: string): string {
  const seconds = /extract\('(?:milli|micro)?second', /i;
  if (seconds.test(text))
    return `take a field that stays for a while: ${text.replace(seconds, "extract('minute', ")}`;
  return `let it step with the clock: ${text.replaceAll(CLOCKS, (clock) => `date_trunc('minute', ${clock})`)}`;
}

function example(e: Expr): string {
  const text = renderExpr(e);
  if (e.type.kind === 'interval') return `: ${text} < INTERVAL '1 hour'`;
  if (e.type.kind === 'timestamp' || e.type.kind === 'timestamptz')
    return `: ts > ${text} - INTERVAL '1 hour'`;
  return '';
}
