import type { Datum } from '../../../values/datum.ts';
import type { SqlType } from '../../../values/types.ts';
import type { Misfit } from '../../misfit.ts';
import { NUMBER } from '../reader.ts';
import type { Scanned } from '../scan-code.ts';
import { readDatum, type ReadValue, token } from '../value.ts';

/** How values of a column are read, if their writer has a form of its own for them. */
export interface WrittenValue {
  readonly read: ReadValue;
  /** The values that `read` reads as `readDatum` does, so that a generated scanner may read them. */
  readonly scanned: Scanned;
}

/** Returns a reader that gives numbers to `convert`, as they are written; other values are in their usual form. */
export function numbersAs(type: SqlType, convert: (digits: string) => Datum | Misfit): WrittenValue {
  return {
    read: (reader) => (reader.kind === NUMBER ? convert(token(reader)) : readDatum(reader, type)),
    scanned: 'strings',
  };
}
