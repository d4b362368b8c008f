import type { Formula, Kind, SeriesShape, WindowDays, WindowProgram } from '../../client/windows/program.ts';
import { CALLS } from '../../client/windows/evaluate.ts';
import type { CallExpr, CastExpr, Expr } from '../../plan/expr.ts';
import { renderExpr } from '../../plan/render-expr.ts';
import type { DayWindows } from '../../plan/windows/day-windows.ts';
import type { Late, LateWindow, Series, StoredColumn } from '../../plan/windows/late.ts';
import { WindowRefusal } from '../../plan/windows/window-refusal.ts';
import { numericFormat } from '../../values/numeric.ts';
import { typeName, type SqlType } from '../../values/types.ts';

/**
 * Returns the program by which a reader computes a view's columns from its day buckets. Throws WindowRefusal for an
 * expression that readers cannot compute.
 */
export function windowProgram(windows: DayWindows): WindowProgram {
  const compiler = new Compiler(windows);
  const computed = windows.columns.flatMap(({ name }, i) => {
    const late = windows.outs[i]!;
    return late.kind === 'stored' ? [] : [{ name, formula: compiler.late(late) }];
  });
  const present = windows.presence.map((late) => compiler.late(late));
  const groups = windows.groups.map(({ series }) => series.map((each) => compiler.shape(each)));
  const plain = new Set(windows.outs.flatMap((late) => (late.kind === 'stored' ? [late.column] : [])));
  const hidden = compiler.read
    .filter((column) => !plain.has(column))
    .map((column) => compiler.nameOf(column));
  const { days } = windows;
  return { groups, days, columns: computed, present, hidden: [...new Set(hidden)] };
}

/** Returns the id of a series: 24 bits of its meaning's FNV-1a hash, which no series before it has. */
function idOf(meaning: string, taken: Set<number>): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(meaning)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  let id = (hash ^ (hash >>> 24)) & 0xffffff;
  while (taken.has(id)) id = (id + 1) & 0xffffff;
  taken.add(id);
  return id;
}

const KINDS: ReadonlySet<string> = new Set<Kind>([
  'boolean',
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'varchar',
  'date',
]);

class Compiler {
  readonly #windows: DayWindows;
  readonly #series: readonly Series[];
  readonly #ids = new Set<number>();
  /** The stored columns that formulas read. */
  readonly read: StoredColumn[] = [];

  constructor(windows: DayWindows) {
    this.#windows = windows;
    this.#series = windows.groups.flatMap(({ series }) => series);
  }

  nameOf(column: StoredColumn): string {
    const { plan, stored } = this.#windows;
    return plan.columns[stored.indexOf(column)]!.name;
  }

  shape(series: Series): SeriesShape {
    const kind = series.type.kind === 'numeric' ? 'numeric' : 'bigint';
    const attribute = this.#windows.seriesNames?.[this.#series.indexOf(series)];
    const id = idOf(`${series.meaning} ${kind}`, this.#ids);
    return attribute === undefined ? { id, kind } : { id, kind, attribute };
  }

  late(late: Late): Formula {
    switch (late.kind) {
      case 'stored':
        this.read.push(late.column);
        return ['get', kindOf(late.column.type, undefined), this.nameOf(late.column)];
      case 'window':
        return this.#window(late);
      case 'exists':
        return ['exists', this.#windows.groups.indexOf(late.group)];
      case 'computed':
        return this.#expr(
          late.expr,
          late.args.map((arg) => this.late(arg)),
        );
    }
  }

  #window({ of, parts, type, zero }: LateWindow): Formula {
    const windows = parts.map(({ series, from, to }): WindowDays => [
      this.#series.indexOf(series),
      from ?? null,
      to,
    ]);
    if (of === 'count') return ['count', windows];
    const sumKind = type.kind === 'numeric' ? 'numeric' : 'bigint';
    if (zero === undefined || zero === true) return ['sum', sumKind, windows, zero ?? null];
    this.read.push(zero.oldest);
    return ['sum', sumKind, windows, [this.nameOf(zero.oldest), zero.after]];
  }

  #expr(e: Expr, args: readonly Formula[]): Formula {
    const all = (exprs: readonly Expr[]): Formula[] => exprs.map((each) => this.#expr(each, args));
    const one = (expr: Expr): Formula => this.#expr(expr, args);
    switch (e.kind) {
      case 'column':
        return args[e.index]!;
      case 'const':
        return constant(e.value, kindOf(e.type, e));
      case 'call':
        return call(e, all(e.args));
      case 'cast':
        return cast(e, e.arg.kind === 'now' ? ['today'] : one(e.arg));
      case 'compare':
        return ['compare', e.op, kindOf(e.left.type, e), one(e.left), one(e.right)];
      case 'and':
      case 'or':
        return [e.kind, ...all(e.args)];
      case 'not':
        return ['not', one(e.arg)];
      case 'is_null':
        return ['null', one(e.arg)];
      case 'case':
        return ['case', ...e.arms.flatMap((arm) => [one(arm.when), one(arm.then)]), one(e.otherwise)];
      case 'coalesce':
        return ['coalesce', ...all(e.args)];
      default:
        throw cannot(e);
    }
  }
}

function kindOf(type: SqlType, e: Expr | undefined): Kind {
  if (KINDS.has(type.kind)) return type.kind as Kind;
  throw new WindowRefusal(
    `readers cannot compute with ${typeName(type)}${e === undefined ? '' : `: ${renderExpr(e)}`}`,
    'compute windows with integers and NUMERIC, or keep this sink in layout domain',
    e?.span,
  );
}

function cannot(e: Expr): WindowRefusal {
  return new WindowRefusal(
    `readers cannot compute ${renderExpr(e)}`,
    `use ${CALLS.numeric.join(' ')}, CASE, COALESCE and comparisons of numbers, or keep this sink in layout domain`,
    e.span,
  );
}

function constant(value: unknown, of: Kind): Formula {
  if (value === null || typeof value === 'boolean') return ['const', of, value];
  if (of === 'numeric') return ['const', of, numericFormat(value as bigint)];
  return ['const', of, String(value as string | number | bigint)];
}

const INTEGERS: ReadonlySet<Kind> = new Set(['smallint', 'integer', 'bigint']);

function call(e: CallExpr, args: readonly Formula[]): Formula {
  const result = kindOf(e.type, e);
  const isInteger = INTEGERS.has(result) && e.args.every(({ type }) => type.kind === result);
  const isNumeric =
    result === 'numeric' &&
    e.args.every(({ type }, i) => type.kind === (i === 1 && hasDigits(e) ? 'integer' : result));
  const known = isInteger ? CALLS.integers : isNumeric ? CALLS.numeric : [];
  if (!known.includes(e.fn.name)) throw cannot(e);
  return ['call', e.fn.name, result, ...args];
}

/** `round(x, digits)`. */
function hasDigits(e: CallExpr): boolean {
  return e.fn.name === 'round' || e.fn.name === 'trunc';
}

function cast(e: CastExpr, arg: Formula): Formula {
  const to = kindOf(e.type, e);
  if (e.arg.kind === 'now') {
    if (to === 'date') return arg;
    throw cannot(e);
  }
  const from = kindOf(e.arg.type, e);
  const isNumber = (of: Kind): boolean => INTEGERS.has(of) || of === 'numeric';
  if (from !== to && !(isNumber(from) && isNumber(to))) throw cannot(e);
  return ['cast', from, to, arg];
}
