import { consumedCapacity, type CapacityReport } from './capacity.ts';

/** Returns the JSON of an object whose members are given as JSON. Undefined members are left out. */
export function jsonObject(members: Readonly<Record<string, string | undefined>>): string {
  let text = '';
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) text += `${text === '' ? '' : ','}"${name}":${value}`;
  }
  return `{${text}}`;
}

/** Returns the JSON of `ConsumedCapacity` for one table; undefined if the request does not ask for it. */
export function capacityText(report: CapacityReport, table: string, units: number): string | undefined {
  const consumed = consumedCapacity(report, table, units);
  return consumed === undefined ? undefined : JSON.stringify(consumed);
}

/** Returns the JSON of `ConsumedCapacity` for a batch; `units` is by table. Undefined if the request does not ask. */
export function capacitiesText(
  report: CapacityReport,
  units: ReadonlyMap<string, number>,
): string | undefined {
  if (report === 'NONE') return undefined;
  return JSON.stringify([...units].map(([table, each]) => consumedCapacity(report, table, each)));
}
