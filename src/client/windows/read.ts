import { daysFromCivil } from '../../values/civil.ts';
import { formatDate } from '../../values/datetime.ts';
import { DayBucketsError } from '../../values/day-buckets.ts';
import { numericFormat, numericParse } from '../../values/numeric.ts';
import type { AttributeMap, AttributeValue } from '../../dynamodb/wire.ts';
import { BUCKETS_ATTRIBUTE, decodeBuckets, type ItemBuckets, type SeriesInItem } from './buckets.ts';
import { evaluate, UnknownSeries, type FormulaInput, type Value } from './evaluate.ts';
import type { Formula, Kind, WindowProgram } from './program.ts';
import { windowMetrics, withDays } from './window-metrics.ts';

/**
 * Returns a packed item as layout `domain` would have written it on the day `today` (UTC, days since 1970): its windows
 * added up from the buckets. Returns undefined if the view has no row for that day.
 *
 * A column that needs what the item does not hold is left out: another version of the SQL wrote the item, and the
 * pipeline has not written it anew. An item without buckets, of another layout, stays as it is. Throws DayBucketsError.
 */
export function unpackItem(
  program: WindowProgram,
  item: AttributeMap,
  today: number,
): AttributeMap | undefined {
  const buckets = bucketsOf(program, item);
  return buckets === undefined ? item : itemOf(program, item, formulaInput(program, item, buckets, today));
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
  const isEmpty = buckets.series.every((series) => series === null || series === undefined);
  return isEmpty ? undefined : itemOf(program, {}, formulaInput(program, {}, buckets, today));
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

function dayBuckets({ groups }: WindowProgram, items: readonly DayItem[]): ItemBuckets {
  const ordered = items.toSorted((a, b) => a.day - b.day);
  const series = groups.flatMap((group) => {
    const own = ordered.filter(({ item }) => group.some(({ attribute }) => !isAbsent(item[attribute!])));
    return group.map(({ attribute, kind }): SeriesInItem => {
      if (!ordered.some(({ item }) => item[attribute!] !== undefined)) return undefined;
      if (own.length === 0) return null;
      const values = own.map(({ item }) => valueOf(item[attribute!], kind) as bigint | null);
      return { days: own.map(({ day }) => day), values };
    });
  });
  return { days: Infinity, series };
}

/** A day on which a group has no rows has no value of its series. */
function isAbsent(value: AttributeValue | undefined): boolean {
  return value === undefined || 'NULL' in value;
}

function bucketsOf({ groups }: WindowProgram, item: AttributeMap): ItemBuckets | undefined {
  const bytes = item[BUCKETS_ATTRIBUTE];
  if (bytes === undefined) return undefined;
  if (!('B' in bytes)) throw new DayBucketsError('the attribute of the buckets is not binary');
  return decodeBuckets(Buffer.from(bytes.B, 'base64'), groups);
}

/**
 * Returns windows of any length that the SQL need not name: the metrics of the last `days` days up to `today`, such as
 * `watch_minutes` from the definition of `watch_minutes_7d`. A metric that needs what the item does not hold is left
 * out. Throws RangeError for more days than items keep, and DayBucketsError.
 */
export function unpackWindow(
  program: WindowProgram,
  item: AttributeMap,
  today: number,
  days: number,
): AttributeMap {
  const buckets = bucketsOf(program, item) ?? { days: Infinity, series: [] };
  return windowOf(program, formulaInput(program, item, buckets, today), days);
}

function windowOf(program: WindowProgram, input: FormulaInput, days: number): AttributeMap {
  const most = program.days - 1;
  if (!Number.isInteger(days) || days < 1 || days > most)
    throw new RangeError(`a window has 1 to ${most} days, not ${days}`);
  return computed(
    windowMetrics(program).map(({ name, formula }) => ({ name, formula: withDays(formula, days) })),
    input,
  );
}

/** Returns an item with its windows computed, without the attributes that only the computation reads. */
function itemOf(program: WindowProgram, item: AttributeMap, input: FormulaInput): AttributeMap | undefined {
  if (program.present.some((condition) => isFalse(condition, input))) return undefined;
  const hidden = new Set([BUCKETS_ATTRIBUTE, ...program.hidden]);
  const plain = Object.entries(item).filter(([name]) => !hidden.has(name));
  return { ...Object.fromEntries(plain), ...computed(program.columns, input) };
}

/** Returns the columns that can be computed. */
function computed(columns: WindowProgram['columns'], input: FormulaInput): AttributeMap {
  const found: [string, AttributeValue][] = [];
  for (const { name, formula } of columns) {
    const value = known(formula, input);
    if (value !== undefined) found.push([name, attributeOf(value, kindOf(formula))]);
  }
  return Object.fromEntries(found);
}

/** Returns whether a condition is known not to be true. */
function isFalse(condition: Formula, input: FormulaInput): boolean {
  const value = known(condition, input);
  return value !== undefined && value !== true;
}

/** Returns the value of a formula; undefined if it needs what the item does not hold. */
function known(formula: Formula, input: FormulaInput): Value | undefined {
  try {
    return evaluate(formula, input);
  } catch (error) {
    if (error instanceof UnknownSeries) return undefined;
    throw error;
  }
}

/** Returns what formulas read from an item and its buckets. */
function formulaInput(
  { groups }: WindowProgram,
  item: AttributeMap,
  { days, series }: ItemBuckets,
  today: number,
): FormulaInput {
  return {
    reach: days - 2,
    series,
    today,
    get: (name, kind) => valueOf(item[name], kind),
    seriesOf: (group) => {
      const first = groups.slice(0, group).reduce((count, { length }) => count + length, 0);
      return groups[group]!.map((_, s) => first + s);
    },
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
  if (kind === 'date') return { S: formatDate(value as number) };
  return { N: kind === 'numeric' ? numericFormat(value as bigint) : String(value) };
}

function valueOf(attribute: AttributeValue | undefined, kind: Kind): Value {
  if (attribute === undefined || 'NULL' in attribute) return null;
  if ('BOOL' in attribute) return attribute.BOOL;
  if ('S' in attribute) return kind === 'date' ? dayOfText(attribute.S) : attribute.S;
  if (!('N' in attribute)) throw new DayBucketsError('an attribute has a type that formulas cannot read');
  if (kind === 'numeric') return numericParse(attribute.N);
  return kind === 'bigint' ? BigInt(attribute.N) : Number(attribute.N);
}

function dayOfText(text: string): number | null {
  const [, year, month, day] = /^(\d{4,})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return year === undefined ? null : daysFromCivil(Number(year), Number(month), Number(day));
}
