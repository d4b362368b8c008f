/** What binds or nearly binds, but does not run here yet: what to write instead. Said once, wherever it is met first. */

export const WITHOUT_EMIT =
  'leave EMIT ON WINDOW CLOSE out: the view then has a row per window at once and corrects it as events come';

export const WITHOUT_CHANGES =
  'use FORMAT PLAIN; for events that may come twice, a TABLE with a PRIMARY KEY and ON CONFLICT DO NOTHING';
