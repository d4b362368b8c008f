const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;

export type CapacityReport = 'NONE' | 'TOTAL' | 'INDEXES';

/** Units of reading `bytes` in one go: one for each 4 KB begun, half of it where the read may be a little old. */
export function readUnits(bytes: number, isConsistent: boolean): number {
  const units = Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
  return isConsistent ? units : units / 2;
}

/** Units of writing an item that had `before` bytes and has `after`: one for each KB begun of the larger. */
export function writeUnits(before: number, after: number): number {
  return Math.max(1, Math.ceil(Math.max(before, after) / WRITE_UNIT_BYTES));
}

/** What an answer says about capacity; undefined where nobody asked. */
export function consumedCapacity(report: CapacityReport, table: string, units: number): object | undefined {
  if (report === 'NONE') return undefined;
  const total = { TableName: table, CapacityUnits: units };
  return report === 'TOTAL' ? total : { ...total, Table: { CapacityUnits: units } };
}
