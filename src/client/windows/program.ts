/** The SQL types that windows are computed with. */
export type Kind = 'boolean' | 'smallint' | 'integer' | 'bigint' | 'numeric' | 'varchar' | 'date';

/**
 * How a reader computes a column from an item for the day on which it reads. The first element says how:
 *
 * - `const`: a value, numbers as decimal text;
 * - `get`: an attribute of the item, by name;
 * - `today`: the reader's UTC date;
 * - `sum`, `count`: the values of series on the days from `from` to `to` days ago, both included; `from` is null if days
 *   in the future count as well. `zero` makes a sum 0 rather than NULL: always, or if the date in an attribute lies at
 *   least that many days back;
 * - `exists`: whether the item has the group of buckets;
 * - `call`, `cast`, `compare`, `and`, `or`, `not`, `null`, `case`, `coalesce`: as in SQL. The kind is that of the arguments,
 *   for a call that of the result.
 */
export type Formula =
  | readonly ['const', Kind, string | boolean | null]
  | readonly ['get', Kind, string]
  | readonly ['today']
  | readonly ['sum', 'bigint' | 'numeric', readonly WindowDays[], Zero | null]
  | readonly ['count', readonly WindowDays[]]
  | readonly ['exists', number]
  | readonly ['call', string, Kind, ...Formula[]]
  | readonly ['cast', Kind, Kind, Formula]
  | readonly ['compare', '=' | '<>' | '<' | '<=' | '>' | '>=', Kind, Formula, Formula]
  | readonly ['and' | 'or', ...Formula[]]
  | readonly ['not' | 'null', Formula]
  | readonly ['case', ...Formula[]]
  | readonly ['coalesce', ...Formula[]];

/** A series, by its position in the program, and the days of a window. */
export type WindowDays = readonly [series: number, from: number | null, to: number];

/** `true`, or an attribute that holds a date, and a number of days. */
export type Zero = true | readonly [attribute: string, after: number];

/** One series of day buckets. */
export interface SeriesShape {
  /** Names what is added up: another definition in the SQL has another id. 24 bits, unsigned. */
  readonly id: number;
  /** The type of its values. */
  readonly kind: 'bigint' | 'numeric';
  /** The attribute of its value in an item of one day; only in layout `daily`. */
  readonly attribute?: string;
}

/** How the columns of a view follow from day buckets. It is JSON. */
export interface WindowProgram {
  /** The series of each group of buckets. Series are numbered through all groups. */
  readonly groups: readonly (readonly SeriesShape[])[];
  /** The days that an item keeps, the current one included. */
  readonly days: number;
  /** The columns that are computed, in the order of the view. All others are attributes of the item. */
  readonly columns: readonly { readonly name: string; readonly formula: Formula }[];
  /** The conditions under which the view has the row; none: always. */
  readonly present: readonly Formula[];
  /** Attributes that only formulas read. */
  readonly hidden: readonly string[];
}
