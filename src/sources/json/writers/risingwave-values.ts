import { DAY_US, MAX_DAY, MIN_DAY } from '../../../values/civil.ts';
import type { SourceDef } from '../../../plan/pipeline.ts';
import type { SqlType } from '../../../values/types.ts';
import { Misfit } from '../../misfit.ts';
import { countToTimestamp, textToDatum } from '../../text-value.ts';
import { NUMBER, STRING } from '../reader.ts';
import { integerBetween, readDatum, type ReadValue, token } from '../value.ts';
import { base64Bytes } from './base64.ts';

/** 1970-01-01 in days from the Common Era, in which 0001-01-01 is day 1. */
const EPOCH_FROM_CE = 719_163;
/** How RisingWave writes SERIAL, whose 64 bits would not fit a JSON number. */
const SERIAL_TEXT = /^0x[0-9a-f]{16}$/i;

/**
 * Returns a reader of values as RisingWave's JSON sinks write them; undefined for types in their usual form. Dates are
 * days from the Common Era in FORMAT PLAIN and UPSERT, days since 1970 in FORMAT DEBEZIUM. A date or time that the sink
 * casts to text is read as that.
 */
export function risingWaveValue(type: SqlType, format: SourceDef['format']): ReadValue | undefined {
  switch (type.kind) {
    case 'date':
      if (format === 'debezium') return undefined;
      return (reader) => {
        if (reader.kind !== NUMBER) return readDatum(reader, type);
        const [low, high] = [MIN_DAY + EPOCH_FROM_CE, MAX_DAY + EPOCH_FROM_CE];
        const days = integerBetween(low, high, token(reader), type);
        return days instanceof Misfit ? days : days - EPOCH_FROM_CE;
      };
    case 'timestamp':
      return (reader) =>
        reader.kind === NUMBER ? countToTimestamp(token(reader), 'ms', type) : readDatum(reader, type);
    case 'time':
      return (reader) => {
        if (reader.kind !== NUMBER) return readDatum(reader, type);
        const ms = integerBetween(0, DAY_US / 1000, token(reader), type);
        return ms instanceof Misfit ? ms : ms * 1000;
      };
    case 'bytea':
      return (reader) => base64Bytes(reader, type);
    case 'integer':
    case 'bigint':
      return (reader) => {
        if (reader.kind !== STRING) return readDatum(reader, type);
        const text = reader.text();
        return textToDatum(SERIAL_TEXT.test(text) ? String(BigInt.asIntN(64, BigInt(text))) : text, type);
      };
    default:
      return undefined;
  }
}
