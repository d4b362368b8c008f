/** Hints for SQL that does not run here yet: what to write instead. */

export const WITHOUT_EMIT =
  'leave EMIT ON WINDOW CLOSE out: the view then shows a row per window at once and updates it as events arrive';
