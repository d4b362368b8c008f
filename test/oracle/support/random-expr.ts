import type { Random } from './random.ts';

/** Types of the random SQL. Values of `array` and `jsonb` are passed on, never computed. */
export type Type =
  | 'int'
  | 'bigint'
  | 'numeric'
  | 'double'
  | 'real'
  | 'text'
  | 'timestamp'
  | 'timestamptz'
  | 'date'
  | 'bool'
  | 'array'
  | 'jsonb';
export interface Column {
  /** The name by which an expression refers to the column. */
  readonly name: string;
  readonly type: Type;
}

/** Types for which {@link RandomExpr} makes more than a column reference. */
export const SCALARS: readonly Type[] = [
  'int',
  'bigint',
  'numeric',
  'double',
  'real',
  'text',
  'timestamp',
  'timestamptz',
  'date',
  'bool',
];

const INTERVALS = ['1 minute', '1 hour', '6 hours', '1 day', '7 days', '28 days'] as const;
const LONG_INTERVALS = [
  ...INTERVALS,
  '1 month',
  '2 months 3 days',
  '1 year',
  '1 month -1 day 06:00',
] as const;
export const ZONES = [
  'Europe/Berlin',
  'US/Pacific',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  '+08',
  'CET',
] as const;

/** Generates random SQL expressions over the columns in scope. */
export class RandomExpr {
  readonly #random: Random;
  readonly #scope: readonly Column[];

  constructor(random: Random, scope: readonly Column[]) {
    this.#random = random;
    this.#scope = scope;
  }

  column(type: Type): string | undefined {
    const columns = this.#scope.filter((c) => c.type === type);
    return columns.length === 0 ? undefined : this.#random.pick(columns).name;
  }

  /** Returns an expression of the type. */
  of(type: Type, depth = 2): string {
    const column = this.column(type);
    if (column !== undefined && (depth <= 0 || this.#random.chance(65))) return column;
    return this.#made(type, depth) ?? column ?? constant(this.#random, type);
  }

  #made(type: Type, depth: number): string | undefined {
    const r = this.#random;
    if (depth <= 0) return undefined;
    const sub = (t: Type): string => this.of(t, depth - 1);
    const pick = (t: Type): string =>
      `CASE WHEN ${this.predicate(depth - 1)} THEN ${sub(t)} ELSE ${sub(t)} END`;
    switch (type) {
      case 'int':
        return r.weighted<string>([
          [2, () => constant(r, 'int')],
          [2, () => `(${sub('int')} + ${sub('int')})`],
          [1, () => `(${sub('int')} * -2)`],
          [1, () => `(${sub('int')} * 2000000000)`],
          [2, () => pick('int')],
          [1, () => `COALESCE(${sub('int')}, 0)`],
          [1, () => `length(${sub('text')})`],
          [1, () => this.#age() ?? constant(r, 'int')],
          [1, () => this.#stepping() ?? constant(r, 'int')],
        ]);
      case 'bigint':
        return r.weighted<string>([
          [2, () => `${sub('int')}::bigint`],
          [1, () => `(${sub('bigint')} - ${sub('bigint')})`],
          [1, () => `(${sub('bigint')} * ${sub('bigint')})`],
          [1, () => `${sub('numeric')}::bigint`],
          [1, () => pick('bigint')],
        ]);
      case 'numeric':
        return r.weighted<string>([
          [2, () => `(${sub('int')} / 3.0)`],
          [1, () => `(${sub('numeric')} * 0.5)`],
          [1, () => `(${sub('numeric')} ${r.pick(['+', '-'])} ${sub('numeric')})`],
          [1, () => `${sub('bigint')}::numeric`],
          [1, () => `COALESCE(${sub('numeric')}, 0)`],
          [1, () => `ROUND(${sub('numeric')}, 1)`],
          [1, () => `(${sub('numeric')} / NULLIF(${sub('int')}, 0))`],
          [1, () => `(${sub('numeric')} / ${sub('int')})`],
          [1, () => pick('numeric')],
        ]);
      case 'double':
        return r.weighted<string>([
          [2, () => constant(r, 'double')],
          [2, () => `(${sub('double')} * -0.5::double precision)`],
          [1, () => `(${sub('double')} / 3)`],
          [1, () => `(${sub('double')} + ${sub('double')})`],
          [1, () => `(${sub('double')} * ${sub('double')})`],
          [1, () => `${sub('numeric')}::double precision`],
          [1, () => `${sub('real')}::double precision`],
          [1, () => this.#decayed() ?? constant(r, 'double')],
          [1, () => `${sub('int')}::double precision`],
          [1, () => pick('double')],
        ]);
      case 'real':
        return r.weighted<string>([
          [1, () => constant(r, 'real')],
          [1, () => `${sub('double')}::real`],
          [1, () => `(${sub('real')} * ${constant(r, 'real')})`],
          [1, () => `(${sub('real')} - ${sub('real')})`],
          [1, () => pick('real')],
        ]);
      case 'text':
        return r.weighted<string>([
          [1, () => constant(r, 'text')],
          [1, () => `upper(${sub('text')})`],
          [1, () => `(${sub('text')} || 'z')`],
          [1, () => `(${sub(r.pick(['int', 'bigint', 'numeric', 'date', 'bool']))})::text`],
          [1, () => `COALESCE(${sub('text')}, '-')`],
          [1, () => pick('text')],
        ]);
      case 'timestamp': {
        const column = this.column('timestamp');
        if (column === undefined) return undefined;
        return r.weighted<string>([
          [1, () => `date_trunc('${r.pick(['day', 'hour', 'minute'])}', ${column})`],
          [1, () => `(${column} + INTERVAL '${r.pick(INTERVALS)}')`],
        ]);
      }
      case 'date': {
        const column = this.column('timestamp');
        return column === undefined ? undefined : `${column}::date`;
      }
      case 'bool':
        return this.predicate(depth - 1);
      case 'timestamptz': {
        const column = this.column('timestamptz');
        if (column === undefined) return `${sub('timestamp')} AT TIME ZONE 'UTC'`;
        return r.weighted<string>([
          [1, () => `date_trunc('${r.pick(['day', 'hour', 'minute'])}', ${column})`],
          [1, () => `(${column} + INTERVAL '${r.pick(INTERVALS)}')`],
        ]);
      }
      case 'array':
      case 'jsonb':
        return undefined;
    }
  }

  /** Returns the days since a column's date, which change at midnight; undefined without a suitable column. */
  #age(): string | undefined {
    const column = this.column('timestamp');
    return column === undefined ? undefined : `(CURRENT_DATE - ${column}::date)`;
  }

  /** Returns a number that the clock changes in steps, for all rows at once or for each row at its own instants. */
  #stepping(): string | undefined {
    const r = this.#random;
    const column = this.column('timestamp');
    if (column === undefined) return undefined;
    return r.pick([
      `EXTRACT(HOUR FROM now() AT TIME ZONE '${r.pick(ZONES)}')::int`,
      `DATE_PART('day', now() - ${column})::int`,
      `FLOOR(EXTRACT(EPOCH FROM now() - ${column}::timestamptz) / ${r.pick(['3600', '86400'])})::int`,
      `(EXTRACT(EPOCH FROM now() - ${column}::timestamptz)::bigint / 3600)::int`,
      `EXTRACT(DAY FROM age(LOCALTIMESTAMP, ${column}))::int`,
      `length(to_char(now(), 'FMMonth'))`,
    ]);
  }

  /** Returns a weight that decreases from day to day. */
  #decayed(): string | undefined {
    const age = this.#age();
    return age === undefined ? undefined : `power(0.7::double precision, ${age})`;
  }

  predicate(depth = 2): string {
    const r = this.#random;
    // Only types with a column in scope: comparing two constants would find no faults.
    const present = SCALARS.filter((type) => type !== 'bool' && this.#scope.some((c) => c.type === type));
    const type = present.length === 0 ? 'int' : r.pick(present);
    const left = this.column(type) ?? constant(r, type);
    const compare = (): string =>
      `${left} ${r.pick(['=', '<>', '<', '<=', '>', '>='])} ${this.of(type, depth - 1)}`;
    return r.weighted<string>([
      [3, compare],
      [4, () => this.clocked() ?? compare()],
      [1, () => `(${this.of(type, depth - 1)}) IS ${r.chance(70) ? 'NOT ' : ''}NULL`],
      [1, () => `${this.of('int', depth - 1)} IN (0, 1, ${r.pick(['2', 'NULL'])})`],
      [1, () => `${left} IS DISTINCT FROM ${this.of(type, depth - 1)}`],
      [
        depth > 0 ? 2 : 0,
        () => `(${this.predicate(depth - 1)} ${r.pick(['AND', 'OR'])} ${this.predicate(depth - 1)})`,
      ],
      [depth > 0 ? 1 : 0, () => `NOT (${this.predicate(depth - 1)})`],
    ]);
  }

  /** Returns a comparison with the clock; undefined if no column in scope is a time. */
  clocked(): string | undefined {
    const r = this.#random;
    const column = this.column('timestamp');
    const zoned = this.column('timestamptz');
    const date = this.column('date') ?? (column === undefined ? undefined : `${column}::date`);
    const order = r.pick(['>', '>=', '<', '<=']);
    const any = r.pick(['>', '>=', '<', '<=', '=', '<>']);
    const unit = r.pick(['minute', 'hour', 'day']);
    const forms: string[] = [];
    if (zoned !== undefined) forms.push(`${zoned} ${order} now() - INTERVAL '${r.pick(INTERVALS)}'`);
    if (date !== undefined) {
      forms.push(
        `${date} ${any} CURRENT_DATE - ${r.pick([0, 1, 7])}`,
        `CURRENT_DATE - ${r.pick([0, 1, 7])} ${any} ${date}`,
      );
    }
    if (column !== undefined) {
      forms.push(
        `${column} ${order} (now() AT TIME ZONE 'UTC') - INTERVAL '${r.pick(INTERVALS)}'`,
        `${column} + INTERVAL '${r.pick(INTERVALS)}' ${order} now() AT TIME ZONE 'UTC'`,
        `date_trunc('${unit}', ${column}) ${any} date_trunc('${unit}', now() AT TIME ZONE 'UTC') - INTERVAL '${r.pick(INTERVALS)}'`,
      );
    }
    const time = zoned ?? column;
    const int = this.column('int');
    if (time !== undefined) {
      const zone = int === undefined ? `'${r.pick(ZONES)}'` : r.pick([`'${r.pick(ZONES)}'`, zoneOf(int)]);
      const back = int === undefined ? `INTERVAL '${r.pick(LONG_INTERVALS)}'` : `${int} * INTERVAL '1 day'`;
      const number = int ?? '2';
      const wall = (x: string): string => `(${x}::timestamptz AT TIME ZONE ${zone})`;
      forms.push(
        `${time} ${order} now() - INTERVAL '${r.pick(LONG_INTERVALS)}'`,
        `${time} ${order} now() - ${back}`,
        `${wall(time)}::date ${any} ${wall('now()')}::date - ${r.pick([0, 1, 7])}`,
        `${time} ${order} date_trunc('${r.pick(['hour', 'day', 'week', 'month'])}', now(), ${zone})`,
        `${wall('now()')}::time ${order} ${time}::time`,
        `EXTRACT(${r.pick(['HOUR', 'DOW', 'DAY', 'MONTH'])} FROM ${wall('now()')}) ${any} ${number}`,
        `EXTRACT(EPOCH FROM now() - ${time}) / 3600 ${order} ${number}`,
        `DATE_PART('${r.pick(['day', 'hour'])}', now() - ${time}) ${any} ${number}`,
        `age(now(), ${time}) ${order} INTERVAL '${r.pick(LONG_INTERVALS)}'`,
        `${time} ${order} date_bin(INTERVAL '6 hours', now(), TIMESTAMPTZ '2022-01-01 01:00Z')`,
        `to_char(${time}, 'YYYY-MM-DD') ${any} to_char(now(), 'YYYY-MM-DD')`,
        `${time} ${order} ${r.pick(['GREATEST', 'LEAST', 'COALESCE'])}(now() - ${back}, now() - INTERVAL '1 day')`,
        `now() - ${time} ${order} ${back}`,
      );
    }
    return forms.length === 0 ? undefined : r.pick(forms);
  }
}

/** Returns an expression for a time zone that depends on the row. */
function zoneOf(int: string): string {
  return `CASE ${int} WHEN 0 THEN 'Europe/Berlin' WHEN 1 THEN 'US/Pacific' ELSE 'Asia/Kathmandu' END`;
}

function constant(r: Random, type: Type): string {
  switch (type) {
    case 'int':
      return r.pick(['0', '1', '2', '(-1)']);
    case 'bigint':
      return `${r.pick(['0', '1', '9007199254740993'])}::bigint`;
    case 'numeric':
      return r.pick(['0.0', '1.5', '(-0.25)']);
    case 'double':
      return `${r.pick(['0', '0.5', '-1.25'])}::double precision`;
    case 'real':
      return `${r.pick(['0', '0.1', '-3.5'])}::real`;
    case 'text':
      return r.pick(["'a'", "'b'", "''"]);
    case 'timestamp':
      return "TIMESTAMP '2022-04-02 00:00:00'";
    case 'timestamptz':
      return "TIMESTAMPTZ '2022-04-02 00:00:00Z'";
    case 'date':
      return "DATE '2022-04-02'";
    case 'bool':
      return r.pick(['true', 'false']);
    case 'array':
    case 'jsonb':
      throw new Error(`no constant of type ${type}`);
  }
}
