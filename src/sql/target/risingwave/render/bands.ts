import type { CompareOp } from '../../../../plan/expr.ts';
import { DAY_US } from '../../../../values/civil.ts';
import type { Interval } from '../../../../values/datum.ts';
import {
  gridOf,
  lengthOf,
  renderClock,
  renderInstant,
  shiftForm,
  splitShift,
  unitLength,
} from './clock-form.ts';
import type { ClockForm } from './clock-form.ts';
import type { Cut, RowTime } from './condition.ts';
import { withoutBrackets } from './query-text.ts';

/** A limit between two bands: rows with `row > clock` (or `>=`, if it is closed) lie on its younger side. */
interface Edge {
  readonly shift: Interval;
  readonly closed: boolean;
}

/**
 * The bands of one time of the row: the edges that conditions cut it at, the youngest first. A row that is younger than
 * an edge is younger than all that follow, so a row is in one band, and every condition is a range of bands.
 *
 * Band i lies between edge i-1 and edge i; the last band is older than all edges.
 */
export class Bands {
  readonly row: RowTime;
  readonly base: ClockForm;
  readonly #edges: Edge[] = [];

  constructor(row: RowTime, base: ClockForm) {
    this.row = row;
    this.base = base;
  }

  get count(): number {
    return this.#edges.length + 1;
  }

  /** Adds the edges of a comparison; returns false, and adds none, if their order among the others is not fixed. */
  add(cut: Cut): boolean {
    const edges = edgesOf(cut).map((edge) => this.#normal(edge));
    const all = [...this.#edges];
    for (const edge of edges) {
      if (all.some((other) => isSame(edge, other))) continue;
      if (all.some((other) => order(edge, other) === undefined)) return false;
      all.push(edge);
    }
    this.#edges.splice(0, this.#edges.length, ...all.toSorted((a, b) => order(a, b)!));
    return true;
  }

  /** Returns whether the edges of a comparison have been added. */
  has(cut: Cut): boolean {
    return edgesOf(cut).every((edge) => this.#find(this.#normal(edge)) !== -1);
  }

  /** Returns the bands in which a comparison holds, `[from, to]`. For `<>` these are the bands in which it fails. */
  rangeOf(cut: Cut): readonly [from: number, to: number] {
    const [first, second] = edgesOf(cut).map((edge) => this.#find(this.#normal(edge)));
    const last = this.#edges.length;
    switch (cut.op) {
      case '>':
      case '>=':
        return [0, first!];
      case '<':
      case '<=':
        return [first! + 1, last];
      default:
        return [first! + 1, second!];
    }
  }

  /** Renders a comparison as a condition on the column that holds the band. */
  condition(cut: Cut, column: string): string {
    const [from, to] = this.rangeOf(cut);
    const last = this.#edges.length;
    if (cut.op === '<>')
      return from === to ? `${column} <> ${from}` : `(${column} NOT BETWEEN ${from} AND ${to})`;
    // The column is NULL where the time of the row is, so that no comparison may become a constant.
    if (from === to) return `${column} = ${from}`;
    if (from === 0 && to < last) return `${column} <= ${to}`;
    if (to === last) return `${column} >= ${from}`;
    return `(${column} BETWEEN ${from} AND ${to})`;
  }

  /** Returns the conditions that hold for the rows of a band; none if there is only one band. */
  limits(band: number): readonly string[] {
    const older = this.#edges[band - 1];
    const younger = this.#edges[band];
    return [
      ...(older === undefined ? [] : [this.#render(older, older.closed ? '<' : '<=')]),
      ...(younger === undefined ? [] : [this.#render(younger, younger.closed ? '>=' : '>')]),
    ];
  }

  #render({ shift }: Edge, op: CompareOp): string {
    return renderCut({ kind: 'cut', row: this.row, op, clock: shiftForm(this.base, shift) });
  }

  #find(edge: Edge): number {
    return this.#edges.findIndex((other) => isSame(edge, other));
  }

  /** On a grid, `>=` is `>` the time before: rows and clock are cut to the same unit. */
  #normal(edge: Edge): Edge {
    const grid = gridOf(shiftForm(this.base, edge.shift));
    const length = grid === undefined ? undefined : unitLength(grid);
    if (!edge.closed || grid !== this.row.grid || length === undefined || edge.shift.months !== 0)
      return edge;
    const us = lengthOf(edge.shift) - length;
    return { shift: wholeDays(us), closed: false };
  }
}

function wholeDays(us: number): Interval {
  return us % DAY_US === 0 ? { months: 0, days: us / DAY_US, us: 0 } : { months: 0, days: 0, us };
}

/** Returns the younger limits of what a comparison holds for, the youngest first; `=` and `<>` have two. */
function edgesOf({ op, clock }: Cut): readonly Edge[] {
  const { shift } = splitShift(clock);
  const open = { shift, closed: false };
  const closed = { shift, closed: true };
  if (op === '>' || op === '<=') return [open];
  return op === '>=' || op === '<' ? [closed] : [open, closed];
}

function isSame(a: Edge, b: Edge): boolean {
  return a.closed === b.closed && order(a, b) === 0;
}

/** Orders edges, the younger first; undefined if that depends on the lengths of months. */
function order(a: Edge, b: Edge): number | undefined {
  if (a.shift.months === b.shift.months) {
    const by = lengthOf(b.shift) - lengthOf(a.shift);
    return by === 0 ? Number(a.closed) - Number(b.closed) : by;
  }
  const [x, y] = [spanOf(a.shift), spanOf(b.shift)];
  if (x.least > y.most) return -1;
  return x.most < y.least ? 1 : undefined;
}

/** Returns the least and the greatest length of an interval, in microseconds. */
function spanOf(shift: Interval): { readonly least: number; readonly most: number } {
  const rest = lengthOf(shift);
  const { months } = shift;
  // No run of n months is shorter than 28 days more than its whole years have, or longer than 31 a month.
  const [short, long] = [28, 31].map((days) => months * days * DAY_US);
  return { least: Math.min(short!, long!) + rest, most: Math.max(short!, long!) + rest };
}

/** Renders a comparison with the clock as RisingWave filters by it. */
export function renderCut({ row, op, clock }: Cut): string {
  const instant = row.type === 'timestamptz' ? renderInstant(clock) : undefined;
  if (instant !== undefined) return `${withoutBrackets(row.sql)} ${op} ${instant}`;
  const sql = row.type === 'timestamptz' ? `${row.sql} AT TIME ZONE 'UTC'` : row.sql;
  return `${withoutBrackets(sql)} ${op} ${renderClock(clock)}`;
}
