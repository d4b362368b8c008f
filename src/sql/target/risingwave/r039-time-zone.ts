import type { Expr } from '../../../plan/expr.ts';
import { fixedOffset } from '../../../values/time-zone.ts';
import { zoneAbbreviation } from '../../../values/zone-abbreviations.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { allExprs } from './bound-plan.ts';

/** By function, the position of the zone. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ['timezone', 0],
  ['date_trunc', 2],
]);

/** Abbreviations that are names in the database of time zones, too. */
const NAMES: ReadonlySet<string> = new Set(
  'cet cst6cdt eet est est5edt gmt hst met mst mst7mdt pst8pdt uct utc wet zulu'.split(' '),
);

/** PostgreSQL and Freshet know abbreviations and offsets; RisingWave knows names. */
export const TIME_ZONE: TargetRule = {
  code: 'R039',
  about: 'a time zone that is an abbreviation or an offset',
  source:
    "RisingWave's src/common/src/types/timestamptz.rs (lookup_time_zone) takes the names of the crate chrono-tz only",
  renderable: false,
  check: ({ pipeline }) =>
    allExprs(pipeline).flatMap((e) => {
      const zone = zoneIn(e);
      const span = zone?.span ?? e.span;
      if (zone === undefined || span === undefined || isName(zone.text)) return [];
      const hint = "write the name of a place, such as 'Europe/Berlin', or 'UTC' with an interval added";
      return [refused('R039', `RisingWave does not know the time zone ${zone.text}`, hint, span)];
    }),
};

function zoneIn(e: Expr): { readonly text: string; readonly span: Expr['span'] } | undefined {
  const at = e.kind === 'call' ? ZONES.get(e.fn.name) : undefined;
  const zone = e.kind === 'call' && at !== undefined ? e.args[at] : undefined;
  return zone?.kind === 'const' && typeof zone.value === 'string'
    ? { text: zone.value, span: zone.span }
    : undefined;
}

function isName(zone: string): boolean {
  const name = zone.toLowerCase();
  if (NAMES.has(name) || name.includes('/')) return true;
  return zoneAbbreviation(name) === undefined && fixedOffset(zone) === undefined;
}
