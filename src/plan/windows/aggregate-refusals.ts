import type { Expr, Span } from '../expr.ts';
import { WindowRefusal } from './window-refusal.ts';

/** A part of the SQL that is refused. */
interface Place {
  readonly span?: Span | undefined;
}

export function notStored(e: Expr): WindowRefusal {
  return new WindowRefusal(
    'a GROUP BY on a value that changes with the clock',
    'group by columns that stay the same as time passes',
    e.span,
  );
}

export function withoutDay(call: Place): WindowRefusal {
  return new WindowRefusal(
    'rows without a day would count on every day',
    'leave them out: FILTER (WHERE day > CURRENT_DATE - 28) counts rows with a day only',
    call.span,
  );
}

export function endless(call: Place): WindowRefusal {
  return new WindowRefusal(
    'the window has no oldest day: it would need every day that there ever was',
    'bound the window: day > CURRENT_DATE - 28; it may reach back up to 400 days',
    call.span,
  );
}
