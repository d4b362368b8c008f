import { RandomExpr, SCALARS, type Type, ZONES } from './random-expr.ts';
import type { Random } from './random.ts';

/** SQL of select items or values, each with its type. */
export type Made = readonly { readonly sql: string; readonly type: Type }[];

/** Generates random rows without a relation; many of their values follow the clock. */
export class RandomRows {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  types(): Type[] {
    return this.#random.times(1, 4, () => this.#random.pick(SCALARS));
  }

  /** Returns one value per type. */
  row(types: readonly Type[]): Made {
    const exprs = new RandomExpr(this.#random, []);
    return types.map((type) => {
      const follows = this.#random.chance(60) ? this.#clocked(type) : undefined;
      return { sql: follows ?? exprs.of(type), type };
    });
  }

  /** Returns `WHERE` and a condition over the clock alone, or an empty string. */
  where(): string {
    return this.#random.chance(25) ? `\nWHERE ${this.#condition()}` : '';
  }

  /** Returns `(VALUES ...) v`. Its columns are `names`, or column1, column2, ... without names. */
  values(types: readonly Type[], names: readonly string[]): string {
    const rows = this.#random.times(
      1,
      3,
      () =>
        `(${this.row(types)
          .map(({ sql }) => sql)
          .join(', ')})`,
    );
    return `(VALUES ${rows.join(', ')}) v${names.length === 0 ? '' : `(${names.join(', ')})`}`;
  }

  #condition(): string {
    const r = this.#random;
    return r.pick([
      `EXTRACT(HOUR FROM now() AT TIME ZONE '${r.pick(ZONES)}') ${r.pick(['>', '<='])} 11`,
      `CURRENT_DATE ${r.pick(['>', '<', '=', '<>'])} DATE '2022-04-${r.pick(['02', '04', '09'])}'`,
      `now() ${r.pick(['>', '<='])} TIMESTAMPTZ '2022-04-03 00:00:00Z'`,
      `EXTRACT(DOW FROM now()) IN (0, 2, 4)`,
    ]);
  }

  /** Returns a value that the clock changes in steps; undefined if the type has none. */
  #clocked(type: Type): string | undefined {
    const r = this.#random;
    const zone = `'${r.pick(ZONES)}'`;
    const unit = r.pick(['minute', 'hour', 'day', 'month']);
    switch (type) {
      case 'date':
        return r.pick(['CURRENT_DATE', `CURRENT_DATE - ${r.int(8)}`, `(now() AT TIME ZONE ${zone})::date`]);
      case 'timestamptz':
        return `date_trunc('${unit}', now()${r.chance(30) ? `, ${zone}` : ''})`;
      case 'timestamp':
        return `date_trunc('${unit}', now() AT TIME ZONE ${zone})`;
      case 'int':
        return r.pick([
          `EXTRACT(HOUR FROM now() AT TIME ZONE ${zone})::int`,
          `(CURRENT_DATE - DATE '2022-04-02')`,
          `CASE WHEN ${this.#condition()} THEN 1 ELSE 0 END`,
        ]);
      case 'text':
        return r.pick([`to_char(now(), 'YYYY-MM-DD')`, `CURRENT_DATE::text`]);
      case 'bool':
        return this.#condition();
      default:
        return undefined;
    }
  }
}
