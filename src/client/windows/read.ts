import { civilFromDays, daysFromCivil } from '../../values/civil.ts';
import { numericFormat, numericParse } from '../../values/numeric.ts';
import type { AttributeMap, AttributeValue } from '../../dynamodb/wire.ts';
import { BUCKETS_ATTRIBUTE, BucketsError, decodeBuckets, type BucketGroups } from './buckets.ts';
import { evaluate, type FormulaInput, type Value } from './evaluate.ts';
import type { Formula, Kind, WindowProgram } from './program.ts';
import { windowMetrics, withDays } from './window-metrics.ts';

/**
 * Returns a packed item as layout `domain` would have written it on the day `today` (UTC, days since 1970): its windows
 * added up from the buckets. Returns undefined if the view has no row for that day.
 *
 * Throws BucketsError if another version of the SQL wrote the item.
 */
export function unpackItem(
  program: WindowProgram,
  item: AttributeMap,
  today: number,
): AttributeMap | undefined {
  return itemOf(program, item, bucketsOf(program, item), today);
}

/**
 * Returns an item as layout `domain` would have written it on the day `today`, from the items of single days (layout
 * `daily`); undefined if the view has no row for that day, as far as the days that are kept show.
 */
export function addUpDays(
  program: WindowProgram,
  items: readonly DayItem[],
  today: number,
): AttributeMap | undefined {
  const buckets = dayBuckets(program, items);
  return buckets.every((group) => group === undefined) ? undefined : itemOf(program, {}, buckets, today);
}

/** As {@link unpackWindow}, from the items of single days. */
export function addUpWindow(
  program: WindowProgram,
  items: readonly DayItem[],
  today: number,
  days: number,
): AttributeMap {
  return windowOf(program, formulaInput(program, {}, dayBuckets(program, items), today), days);
}

/** An item of one day. */
export interface DayItem {
  /** Days since 1970, from the item's sort key. */
  readonly day: number;
  readonly item: AttributeMap;
}

function dayBuckets({ groups }: WindowProgram, items: readonly DayItem[]): BucketGroups {
  const ordered = items.toSorted((a, b) => a.day - b.day);
  return groups.map((series) => {
    const own = ordered.filter(({ item }) => series.some(({ attribute }) => !isAbsent(item[attribute!])));
    if (own.length === 0) return undefined;
    const values = series.map(({ attribute, kind }) =>
      own.map(({ item }) => valueOf(item[attribute!], kind) as bigint | null),
    );
    return { days: own.map(({ day }) => day), values };
  });
}

/** A day on which a group has no rows has no value of its series. */
function isAbsent(value: AttributeValue | undefined): boolean {
  return value === undefined || 'NULL' in value;
}

function bucketsOf(program: WindowProgram, item: AttributeMap): BucketGroups {
  const bytes = item[BUCKETS_ATTRIBUTE];
  if (bytes === undefined || !('B' in bytes)) throw new BucketsError('the item has no buckets');
  return decodeBuckets(Buffer.from(bytes.B, 'base64'), program);
}

/**
 * Returns windows of any length that the SQL need not name: the metrics of the last `days` days up to `today`, such as
 * `watch_minutes` from the definition of `watch_minutes_7d`. Throws RangeError for more days than the item keeps, and
 * BucketsError if another version of the SQL wrote the item.
 */
export function unpackWindow(
  program: WindowProgram,
  item: AttributeMap,
  today: number,
  days: number,
): AttributeMap {
  return windowOf(program, formulaInput(program, item, bucketsOf(program, item), today), days);
}

function windowOf(program: WindowProgram, input: FormulaInput, days: number): AttributeMap {
  const most = program.days - 1;
  if (!Number.isInteger(days) || days < 1 || days > most)
    throw new RangeError(`a window has 1 to ${most} days, not ${days}`);
  return Object.fromEntries(
    windowMetrics(program).map(({ name, formula }) => {
      const other = withDays(formula, days);
      return [name, attributeOf(evaluate(other, input), kindOf(other))];
    }),
  );
}

/** Returns an item with its windows computed, without the attributes that only the computation reads. */
function itemOf(
  program: WindowProgram,
  item: AttributeMap,
  buckets: BucketGroups,
  today: number,
): AttributeMap | undefined {
  const input = formulaInput(program, item, buckets, today);
  if (program.present.some((condition) => evaluate(condition, input) !== true)) return undefined;
  const hidden = new Set([BUCKETS_ATTRIBUTE, ...program.hidden]);
  const plain = Object.entries(item).filter(([name]) => !hidden.has(name));
  const windows = program.columns.map(({ name, formula }): [string, AttributeValue] => [
    name,
    attributeOf(evaluate(formula, input), kindOf(formula)),
  ]);
  return Object.fromEntries([...plain, ...windows]);
}

/** Returns what formulas read from an item and its buckets. */
function formulaInput(
  program: WindowProgram,
  item: AttributeMap,
  buckets: BucketGroups,
  today: number,
): FormulaInput {
  const places = program.groups.flatMap((series, group) => series.map((_, index) => ({ group, index })));
  return {
    buckets,
    today,
    get: (name, kind) => valueOf(item[name], kind),
    seriesAt: (series) => places[series]!,
  };
}

/** Returns the type of a formula's result. */
function kindOf(f: Formula): Kind {
  switch (f[0]) {
    case 'const':
    case 'get':
    case 'sum':
      return f[1];
    case 'today':
      return 'date';
    case 'count':
      return 'bigint';
    case 'call':
      return f[2];
    case 'cast':
      return f[2];
    case 'case':
      return kindOf(f.at(-1) as Formula);
    case 'coalesce':
      return kindOf(f[1]!);
    default:
      return 'boolean';
  }
}

/** Returns a value as the sink writes it. */
function attributeOf(value: Value, kind: Kind): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'boolean') return { BOOL: value };
  if (kind === 'varchar') return { S: value as string };
  if (kind === 'date') return { S: dateText(value as number) };
  return { N: kind === 'numeric' ? numericFormat(value as bigint) : String(value) };
}

function valueOf(attribute: AttributeValue | undefined, kind: Kind): Value {
  if (attribute === undefined || 'NULL' in attribute) return null;
  if ('BOOL' in attribute) return attribute.BOOL;
  if ('S' in attribute) return kind === 'date' ? dayOfText(attribute.S) : attribute.S;
  if (!('N' in attribute)) throw new BucketsError('an attribute has a type that formulas cannot read');
  if (kind === 'numeric') return numericParse(attribute.N);
  return kind === 'bigint' ? BigInt(attribute.N) : Number(attribute.N);
}

function dateText(day: number): string {
  const { year, month, day: of } = civilFromDays(day);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(of)}`;
}

function dayOfText(text: string): number | null {
  const [, year, month, day] = /^(\d{4,})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return year === undefined ? null : daysFromCivil(Number(year), Number(month), Number(day));
}
