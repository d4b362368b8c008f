import { consumedCapacity, type CapacityReport } from './capacity.ts';

/** JSON of an object whose members are JSON already; those that are undefined are left out. */
export function jsonObject(members: Readonly<Record<string, string | undefined>>): string {
  let text = '';
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) text += `${text === '' ? '' : ','}"${name}":${value}`;
  }
  return `{${text}}`;
}

/** JSON of `ConsumedCapacity`, for one table. */
export function capacityText(report: CapacityReport, table: string, units: number): string | undefined {
  const consumed = consumedCapacity(report, table, units);
  return consumed === undefined ? undefined : JSON.stringify(consumed);
}

/** JSON of `ConsumedCapacity`, for a batch: units by table. */
export function capacitiesText(
  report: CapacityReport,
  units: ReadonlyMap<string, number>,
): string | undefined {
  if (report === 'NONE') return undefined;
  return JSON.stringify([...units].map(([table, each]) => consumedCapacity(report, table, each)));
}
