import { VERSION_ATTRIBUTE, WRITTEN_AT_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import type { ItemStamp } from './layout.ts';

/** Returns the version and the write time as wire text, with a comma before each. */
export function stampText(stamp: ItemStamp): string {
  return `,"${VERSION_ATTRIBUTE}":{"N":"${stamp.epoch}"},"${WRITTEN_AT_ATTRIBUTE}":{"N":"${stamp.written_at_ms}"}`;
}
