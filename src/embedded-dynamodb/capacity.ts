const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;

export type CapacityReport = 'NONE' | 'TOTAL' | 'INDEXES';

/** Returns the units for reading `bytes` in one request: one per 4 KB begun, half of that if eventually consistent. */
export function readUnits(bytes: number, isConsistent: boolean): number {
  const units = Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
  return isConsistent ? units : units / 2;
}

/** Returns the units for replacing an item of `before` bytes by one of `after`: one per KB begun of the larger. */
export function writeUnits(before: number, after: number): number {
  return Math.max(1, Math.ceil(Math.max(before, after) / WRITE_UNIT_BYTES));
}

/** Returns `ConsumedCapacity` for one table; undefined if the request does not ask for it. */
export function consumedCapacity(report: CapacityReport, table: string, units: number): object | undefined {
  if (report === 'NONE') return undefined;
  const total = { TableName: table, CapacityUnits: units };
  return report === 'TOTAL' ? total : { ...total, Table: { CapacityUnits: units } };
}
