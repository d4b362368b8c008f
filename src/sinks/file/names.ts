/** The file that names the sink of a folder, and the folder's id, by which a replaced folder is recognized. */
export const IDENTITY = '.freshet-sink.json';

const PART = /^part-(\d{16})-\d{6}\.ndjson$/;
const TEMPORARY = /^\.part-\d{16}-\d{6}\.ndjson\.tmp$/;

/** Returns the name of a part. `epoch` is that of its first row; `number` counts the earlier parts of that epoch. */
export function partName(epoch: number, number: number): string {
  return `part-${String(epoch).padStart(16, '0')}-${String(number).padStart(6, '0')}.ndjson`;
}

/** Returns the name that a part has until it is committed. It is hidden, so that readers ignore the file. */
export function temporaryName(part: string): string {
  return `.${part}.tmp`;
}

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Returns the epoch in the name of a committed part; undefined for the name of any other file. */
export function epochOf(name: string): number | undefined {
  const found = PART.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}
