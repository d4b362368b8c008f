/** Tells one folder from another that was put in its place. */
export const IDENTITY = '.freshet-sink.json';

const PART = /^part-(\d{16})-\d{6}\.ndjson$/;
const TEMPORARY = /^\.part-\d{16}-\d{6}\.ndjson\.tmp$/;

/** The name of a file of rows: of the epoch of its first row, and the `number` of files of that epoch before it. */
export function partName(epoch: number, number: number): string {
  return `part-${String(epoch).padStart(16, '0')}-${String(number).padStart(6, '0')}.ndjson`;
}

/** The name that a part has until it is committed; hidden, so that readers pass it over. */
export function temporaryName(part: string): string {
  return `.${part}.tmp`;
}

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** The epoch of a committed part; undefined for any other file. */
export function epochOf(name: string): number | undefined {
  const found = PART.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}
