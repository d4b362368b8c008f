import type { SourceDef } from '../plan/pipeline.ts';
import { FreshetError } from '../values/freshet-error.ts';

/**
 * Returns the position of the event-time column of a source: the named column, else that of its watermark, else its
 * only timestamp. Returns undefined for a source without timestamps, and for one whose records change rows (FORMAT
 * UPSERT, DEBEZIUM), in which a deletion has no time. Throws FreshetError if the choice is ambiguous or
 * the named column is not a timestamp.
 */
export function eventTimeColumn(source: SourceDef, named: string | undefined): number | undefined {
  if (source.format !== 'plain') {
    if (named === undefined) return undefined;
    throw new FreshetError(
      'not_a_timestamp',
      `source "${source.name}" has no event time, because its records replace and delete rows`,
      {
        hint: 'leave it out of --time: the records of FORMAT UPSERT and DEBEZIUM are read in the order of the file',
      },
    );
  }
  if (named !== undefined) return namedColumn(source, named);
  if (source.watermark !== undefined) return source.watermark.column;
  const timestamps = source.columns.flatMap((column, i) => (isTimestamp(column) ? [i] : []));
  if (timestamps.length > 1) {
    const names = timestamps.map((i) => source.columns[i]!.name);
    throw new FreshetError(
      'ambiguous_time',
      `source "${source.name}" has several timestamp columns: ${names.join(', ')}`,
      {
        hint: `name its event time, such as --time ${source.name}.${names[0]}`,
      },
    );
  }
  return timestamps[0];
}

function namedColumn(source: SourceDef, name: string): number {
  const folded = name.toLowerCase();
  const exact = source.columns.findIndex((column) => column.name === name);
  const found =
    exact >= 0 ? exact : source.columns.findIndex((column) => column.name.toLowerCase() === folded);
  if (found < 0) {
    throw new FreshetError('no_such_column', `source "${source.name}" has no column "${name}"`, {
      hint: `its timestamp columns are: ${
        source.columns
          .filter(isTimestamp)
          .map((column) => column.name)
          .join(', ') || 'none'
      }`,
    });
  }
  if (!isTimestamp(source.columns[found]!)) {
    throw new FreshetError(
      'not_a_timestamp',
      `column "${name}" of source "${source.name}" is not a timestamp`,
      {
        hint: 'name a TIMESTAMP or TIMESTAMPTZ column',
      },
    );
  }
  return found;
}

function isTimestamp({ type }: SourceDef['columns'][number]): boolean {
  return type.kind === 'timestamp' || type.kind === 'timestamptz';
}
