import { VERSION_ATTRIBUTE, WRITTEN_AT_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';

/** Returns the version and the write time as wire text, with a comma before each. */
export function stampText(version: number, written_at_ms: number): string {
  return `,"${VERSION_ATTRIBUTE}":{"N":"${version}"},"${WRITTEN_AT_ATTRIBUTE}":{"N":"${written_at_ms}"}`;
}
