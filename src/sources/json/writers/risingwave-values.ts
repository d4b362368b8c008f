import { DAY_US, MAX_DAY, MIN_DAY } from '../../../values/civil.ts';
import type { SourceDef } from '../../../plan/pipeline.ts';
import type { Datum } from '../../../values/datum.ts';
import type { SqlType } from '../../../values/types.ts';
import { Misfit } from '../../misfit.ts';
import { countToTimestamp, textToDatum } from '../../text-value.ts';
import { type JsonReader, STRING } from '../reader.ts';
import { integerBetween, readDatum } from '../value.ts';
import { inBase64 } from './base64.ts';
import { numbersAs, type WrittenValue } from './written-value.ts';

/** 1970-01-01 in days from the Common Era, in which 0001-01-01 is day 1. */
const EPOCH_FROM_CE = 719_163;
/** How RisingWave writes SERIAL, whose 64 bits would not fit a JSON number. */
const SERIAL_TEXT = /^0x[0-9a-f]{16}$/i;

/**
 * Returns a reader of values as RisingWave's JSON sinks write them; undefined for types in their usual form. Dates are
 * days from the Common Era in FORMAT PLAIN and UPSERT, days since 1970 in FORMAT DEBEZIUM. A date or time that the sink
 * casts to text is read as that.
 */
export function risingWaveValue(type: SqlType, format: SourceDef['format']): WrittenValue | undefined {
  switch (type.kind) {
    case 'date':
      return format === 'debezium' ? undefined : numbersAs(type, (digits) => dateFromCe(digits, type));
    case 'timestamp':
      return numbersAs(type, (digits) => countToTimestamp(digits, 'ms', type));
    case 'time':
      return numbersAs(type, (digits) => {
        const ms = integerBetween(0, DAY_US / 1000, digits, type);
        return ms instanceof Misfit ? ms : ms * 1000;
      });
    case 'bytea':
      return inBase64(type);
    case 'integer':
    case 'bigint':
      // A scanner reads digits, with or without quotes, and leaves the text of a SERIAL to `read`.
      return { read: (reader) => serial(reader, type), scanned: 'all' };
    default:
      return undefined;
  }
}

function dateFromCe(digits: string, type: SqlType): number | Misfit {
  const days = integerBetween(MIN_DAY + EPOCH_FROM_CE, MAX_DAY + EPOCH_FROM_CE, digits, type);
  return days instanceof Misfit ? days : days - EPOCH_FROM_CE;
}

function serial(reader: JsonReader, type: SqlType): Datum | Misfit {
  if (reader.kind !== STRING) return readDatum(reader, type);
  const text = reader.text();
  return textToDatum(SERIAL_TEXT.test(text) ? String(BigInt.asIntN(64, BigInt(text))) : text, type);
}
