import type { Node, SelectStmt } from '@pgsql/types';
import { locationOf } from '../../../bind/expr-binder.ts';
import type { Reporter } from '../../../failure.ts';
import { SqlFailure, failure } from '../../../failure.ts';
import { neverNull } from '../../../../plan/never-null.ts';
import type { PlanOfView } from '../../../../plan/never-null.ts';
import { renderName } from '../../../../plan/render-expr.ts';
import { atomsIn, columnRefsIn, nameParts, readsClock, readsClockByRow } from './atoms.ts';
import { bandComment, bandedRows, hasBand } from './banding.ts';
import type { Banding } from './banding.ts';
import { Bands, renderCut } from './bands.ts';
import { splitShift } from './clock-form.ts';
import { conjunctsOf, cutsOf, isFilter, pushedDown, renderCondition } from './condition.ts';
import type { Condition, Cut } from './condition.ts';
import type { CteList, CtePlace } from './cte-list.ts';
import { conjunctsIn, removeConjuncts } from './conjuncts.ts';
import type { Conjunct } from './conjuncts.ts';
import { fromItems, noSingleItem, ownersOf } from './from-items.ts';
import type { FromItem } from './from-items.ts';
import type { QueryText } from './query-text.ts';
import { ConditionSolver } from './solve.ts';

/** A condition on the clock in the text, taken apart. */
export interface Atom {
  readonly node: Node;
  readonly condition: Condition;
  /** The items of FROM whose columns it reads. */
  readonly items: readonly FromItem[];
}

/** What one query shares among its SELECTs. */
export interface RewriteContext {
  readonly text: QueryText;
  readonly ctes: CteList;
  readonly reporter: Reporter;
  readonly planOf: PlanOfView;
}

/**
 * Rewrites the uses of the clock in one SELECT. A conjunct that RisingWave filters by stays where it is. For every
 * other use, the relation that it reads is put in bands by the clock, and the condition becomes one on the band.
 */
export class SelectRewriter {
  readonly #stmt: SelectStmt;
  readonly #context: RewriteContext;
  readonly #place: CtePlace;
  readonly #items: readonly FromItem[];
  readonly #bandings: Banding[] = [];

  constructor(stmt: SelectStmt, place: CtePlace, context: RewriteContext) {
    this.#stmt = stmt;
    this.#place = place;
    this.#context = context;
    this.#items = fromItems(stmt, context.text.slice);
    this.#noteNeverNull();
  }

  /** Tells which references to columns hold no NULL, so that bands need no place for rows without a time. */
  #noteNeverNull(): void {
    const { text, planOf } = this.#context;
    for (const ref of columnRefsIn(this.#stmt)) {
      const expr = text.exprOf(ref);
      const [item] = ownersOf(ref, this.#items);
      const column = item?.columns.findIndex((c) => c.name === nameParts(ref).at(-1)) ?? -1;
      if (expr === undefined || item === undefined || column === -1 || item.isOptional) continue;
      if (neverNull(item.plan, column, planOf)) text.neverNull.add(expr);
    }
  }

  /** Returns the number of conjuncts that stay, in the words of RisingWave. */
  rewrite(): { readonly filters: number } {
    const { reporter, text } = this.#context;
    const conjuncts = conjunctsIn(this.#stmt);
    const filters = new Map<Conjunct, Atom>();
    const others: Atom[] = [];
    for (const conjunct of conjuncts) {
      reporter.attempt(() => {
        const filter = this.#filterOf(conjunct.node);
        if (filter === undefined) {
          others.push(...atomsIn([conjunct.node], text).map((node) => this.#atom(node)));
        } else filters.set(conjunct, filter);
      });
    }
    reporter.attempt(() => others.push(...this.#valueAtoms()));
    for (const atom of others) reporter.attempt(() => this.#band(atom));
    const dropped: Node[] = [];
    const kept = [...filters].filter(([conjunct, atom]) => this.#filter(conjunct, atom, dropped));
    for (const atom of others) {
      text.replace(
        text.rangeOf(atom.node),
        renderCondition(atom.condition, (cut) => this.#onBand(cut, atom)),
      );
    }
    removeConjuncts(this.#stmt, conjuncts, new Set(dropped), text);
    this.#writeBands(others, dropped);
    return { filters: kept.length };
  }

  /** Returns a conjunct on the clock as an atom, if RisingWave filters by the whole of it. */
  #filterOf(node: Node): Atom | undefined {
    const { text } = this.#context;
    if (!readsClock(node, text) || readsClockByRow(node, text)) return undefined;
    try {
      const atom = this.#atom(node);
      return isFilter(atom.condition) ? atom : undefined;
    } catch (e) {
      if (e instanceof SqlFailure) return undefined;
      throw e;
    }
  }

  #atom(node: Node): Atom {
    const { text } = this.#context;
    const bound = text.exprOf(node)!;
    const span = text.slice.spanAt(locationOf(node));
    const refs = columnRefsIn([node]);
    if (refs.length === 0) {
      throw failure(
        '0A000',
        'RisingWave filters rows by the clock, and this condition on the clock reads no column',
        span,
        'compare a column of the row with the clock',
      );
    }
    const condition = pushedDown(new ConditionSolver(text, span).solve(bound));
    const items = [...new Set(refs.flatMap((ref) => ownersOf(ref, this.#items).slice(0, 1)))];
    return { node, condition, items };
  }

  /** Atoms of the select list, GROUP BY, ORDER BY and windows. */
  #valueAtoms(): readonly Atom[] {
    const { targetList, groupClause, sortClause, distinctClause, windowClause, valuesLists } = this.#stmt;
    const parts = [targetList, groupClause, sortClause, distinctClause, windowClause, valuesLists];
    return atomsIn(parts, this.#context.text).map((node) => this.#atom(node));
  }

  /** Puts the item that an atom reads into bands at each of its comparisons. */
  #band(atom: Atom): void {
    for (const cut of cutsOf(atom.condition)) {
      const [item] = atom.items;
      if (item === undefined || atom.items.length > 1) {
        throw noSingleItem(this.#context.text.slice.spanAt(locationOf(atom.node)));
      }
      const key = keyOf(cut);
      const found = this.#bandings.find((b) => b.item === item && b.key === key && b.bands.add(cut));
      if (found !== undefined) continue;
      const bands = new Bands(cut.row, splitShift(cut.clock).base);
      bands.add(cut);
      this.#bandings.push({ item, bands, key, required: [], column: this.#bandName(atom, cut) });
    }
  }

  /** Returns a name for the column of a band: after the column of the time, then its unit, then a number. */
  #bandName(atom: Atom, { row }: Cut): string {
    const [ref] = columnRefsIn([atom.node]);
    const stem = nameParts(ref!).at(-1)!;
    const taken = new Set([
      ...this.#items.flatMap((each) => each.columns.map((c) => c.name)),
      ...this.#bandings.map((b) => b.column),
    ]);
    const wishes = [`${stem}_band`, ...(row.grid === undefined ? [] : [`${stem}_${row.grid}_band`])];
    const free = wishes.find((wish) => !taken.has(wish));
    if (free !== undefined) return free;
    let i = 2;
    while (taken.has(`${stem}_band_${i}`)) i++;
    return `${stem}_band_${i}`;
  }

  #bandingOf(cut: Cut, atom: Atom): Banding | undefined {
    const key = keyOf(cut);
    return this.#bandings.find((b) => atom.items.includes(b.item) && b.key === key && b.bands.has(cut));
  }

  #onBand(cut: Cut, atom: Atom): string {
    const banding = this.#bandingOf(cut, atom);
    if (banding === undefined) return 'NULL';
    return banding.bands.condition(cut, this.#qualified(banding));
  }

  /** Returns the column of a band as the SELECT names it. */
  #qualified({ item, column }: Banding): string {
    const name = renderName(column);
    return this.#items.length > 1 && item.alias !== '' ? `${renderName(item.alias)}.${name}` : name;
  }

  /**
   * Writes a conjunct as RisingWave filters by it, and returns whether its text changed. Where the bands of its item do
   * it, the conjunct is removed, and added to `dropped`.
   */
  #filter(conjunct: Conjunct, atom: Atom, dropped: Node[]): boolean {
    const { text } = this.#context;
    const parts = conjunctsOf(atom.condition);
    const [item] = atom.items;
    const isOfBands =
      conjunct.clause === 'where' && item !== undefined && atom.items.length === 1 && !item.isOptional;
    const bandings = isOfBands ? parts.map((part) => this.#requirable(part, item)) : [undefined];
    // Conditions that leave no band, as `d > today AND d < today`, stay: a relation of no bands has no SQL.
    const leavesBand = (banding: Banding): boolean =>
      hasBand(
        banding,
        cutsOf(atom.condition).filter((cut) => keyOf(cut) === banding.key),
      );
    if (bandings.every((banding) => banding !== undefined && leavesBand(banding))) {
      parts.forEach((part, i) => {
        if (part.kind === 'cut') bandings[i]!.required.push(part);
      });
      dropped.push(conjunct.node);
      return false;
    }
    const sql = parts.map((part) => renderCondition(part, renderCut)).join(' AND ');
    const isChanged = withoutBlanks(text.textOf(conjunct.node)) !== withoutBlanks(sql);
    if (isChanged) text.replace(text.rangeOf(conjunct.node), sql);
    return isChanged;
  }

  /** Returns the bands of an item that can take over a comparison in WHERE. */
  #requirable(part: Condition, item: FromItem): Banding | undefined {
    if (part.kind !== 'cut') return undefined;
    return this.#bandings.find((b) => b.item === item && b.key === keyOf(part) && b.bands.add(part));
  }

  /** Writes the CTEs of the bands, and lets FROM read them. */
  #writeBands(banded: readonly Atom[], dropped: readonly Node[]): void {
    const { text, ctes } = this.#context;
    const items = [...new Set(this.#bandings.map((b) => b.item))];
    if (items.length === 0) return;
    const isAllBands = (c: Condition): boolean =>
      c.kind === 'cut' || (c.kind !== 'sql' && (c.kind === 'not' ? [c.arg] : c.args).every(isAllBands));
    const gone = banded.filter((atom) => isAllBands(atom.condition)).map((atom) => atom.node);
    const kept = this.#columnsRead(new Set([...gone, ...dropped]));
    this.#expandStars();
    for (const item of items) {
      const bandings = this.#bandings.filter((b) => b.item === item);
      let from = text.text(item.range);
      if (item.query !== undefined) from = this.#moveQuery(item);
      const own = item.alias === '' ? 'rows' : item.alias;
      const label = 'RangeVar' in item.node ? (item.node.RangeVar.relname ?? own) : own;
      let name = label;
      bandings.forEach((banding, i) => {
        name = ctes.newName(`${label}_by_${banding.column}`);
        // The times of later bandings are still needed.
        const isLast = i === bandings.length - 1;
        const columns = isLast ? kept.get(item)! : item.columns.map((c) => c.name);
        const before = bandings.slice(0, i).map((b) => b.column);
        const body = bandedRows(banding, [...columns, ...before], from);
        ctes.add(this.#place, { name: renderName(name), comment: bandComment(label, banding), body });
        from = `${renderName(name)} AS ${renderName(own)}`;
      });
      const alias = this.#isQualified(item) ? ` AS ${renderName(item.alias)}` : '';
      text.replace(item.range, `${renderName(name)}${alias}`);
    }
  }

  /** Returns whether the SELECT names columns of an item with its alias. */
  #isQualified(item: FromItem): boolean {
    if (item.alias === '') return false;
    return (
      this.#items.length > 1 ||
      columnRefsIn(this.#stmt).some(
        (ref) => nameParts(ref).length > 1 && nameParts(ref).at(-2) === item.alias,
      )
    );
  }

  /** Moves the query of a sub-select into a CTE, so that it stands there once. Returns how FROM reads it. */
  #moveQuery(item: FromItem): string {
    const { text, ctes } = this.#context;
    const { tokens } = text.slice;
    let close = item.range.first;
    for (let depth = 0; close <= item.range.last; close++) {
      if (tokens[close]!.raw === '(') depth++;
      else if (tokens[close]!.raw === ')' && --depth === 0) break;
    }
    const name = ctes.newName(`${item.alias === '' ? 'rows' : item.alias}_unbanded`);
    const body = text.text({ first: item.range.first + 1, last: close - 1 });
    ctes.add(this.#place, { name: renderName(name), comment: '', body: indented(body) });
    const rest =
      close < item.range.last ? ` ${text.text({ first: close + 1, last: item.range.last })}` : ' AS rows';
    return `${renderName(name)}${rest}`;
  }

  /** Returns the columns of each banded item that the SELECT reads outside the conditions that become bands. */
  #columnsRead(banded: ReadonlySet<Node>): ReadonlyMap<FromItem, readonly string[]> {
    const read = new Map<FromItem, Set<string>>(this.#items.map((item) => [item, new Set()]));
    const { withClause: _, ...own } = this.#stmt;
    const look = (part: unknown): void => {
      if (Array.isArray(part)) part.forEach(look);
      else if (part !== null && typeof part === 'object') {
        for (const [key, value] of Object.entries(part)) {
          if (key === 'SelectStmt' || banded.has(part as Node)) continue;
          if (key === 'usingClause') this.#readUsing(value, read);
          if (key === 'ColumnRef') this.#readColumn(part as Node, read);
          look(value);
        }
      }
    };
    look(own);
    return new Map(
      [...read].map(([item, names]) => [item, item.columns.map((c) => c.name).filter((n) => names.has(n))]),
    );
  }

  #readColumn(ref: Node, read: Map<FromItem, Set<string>>): void {
    const name = nameParts(ref).at(-1)!;
    for (const item of ownersOf(ref, this.#items)) {
      if (name === '*') for (const c of item.columns) read.get(item)!.add(c.name);
      else read.get(item)!.add(name);
    }
  }

  #readUsing(names: unknown, read: Map<FromItem, Set<string>>): void {
    for (const name of Array.isArray(names) ? (names as Node[]) : []) {
      if (!('String' in name)) continue;
      for (const set of read.values()) set.add(name.String.sval ?? '');
    }
  }

  /** Writes out `*` and `t.*`, which would bring the column of the band as well. */
  #expandStars(): void {
    const { text } = this.#context;
    for (const target of this.#stmt.targetList ?? []) {
      const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
      if (value === undefined || !('ColumnRef' in value) || nameParts(value).at(-1) !== '*') continue;
      const items = ownersOf(value, this.#items);
      const qualify = this.#items.length > 1;
      const all = items.flatMap((item) =>
        item.columns.map((c) => (qualify ? `${renderName(item.alias)}.` : '') + renderName(c.name)),
      );
      const at = text.slice.tokenIndexAt(locationOf(value));
      text.replace({ first: at, last: at + 2 * (nameParts(value).length - 1) }, all.join(', '));
    }
  }
}

function withoutBlanks(sql: string): string {
  return sql.replace(/\s+/g, '');
}

/** Comparisons with one key can share bands. */
function keyOf({ row, clock }: Cut): string {
  return `${row.type} ${row.sql} ${JSON.stringify(splitShift(clock).base.ops)}`;
}

function indented(body: string): string {
  return body
    .split('\n')
    .map((line, i) => (i === 0 ? `    ${line.trimStart()}` : line))
    .join('\n');
}
