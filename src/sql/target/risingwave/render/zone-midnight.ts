import { DAY_US, daysFromCivil, timeOf } from '../../../../values/civil.ts';
import { utcToZone, zoneOf } from '../../../../values/time-zone.ts';

const FROM_US = daysFromCivil(1990, 1, 1) * DAY_US;
const TO_US = daysFromCivil(2060, 1, 1) * DAY_US;

/**
 * Returns whether a zone puts its clocks back to or over a midnight that has struck, as Havana does at one o'clock: its
 * local day then begins at the first of two midnights, and which one a conversion takes differs between systems.
 */
export function repeatsMidnight(zone: string): boolean {
  const found = zoneOf(zone);
  if (typeof found === 'number') return false;
  for (let at = FROM_US; ;) {
    at = found.nextTransition(at, TO_US);
    if (at >= TO_US) return false;
    const before = utcToZone(at - 1, zone) + 1;
    const after = utcToZone(at, zone);
    const midnight = before - timeOf(before);
    if (after < before && after <= midnight && midnight < before) return true;
  }
}
