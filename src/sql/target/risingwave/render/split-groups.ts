import type { Node, SelectStmt } from '@pgsql/types';
import { renderName } from '../../../../plan/render-expr.ts';
import { integerConst } from '../../../bind/type-name.ts';
import { outputName } from '../../../bind/output-name.ts';
import { shapeOf } from '../../../text/node-range.ts';
import type { TokenRange } from '../../../text/node-range.ts';
import { clausesOf, endOf } from '../../../text/select-clauses.ts';
import { walk } from '../../query.ts';
import { columnRefsIn, isAggregateCall, nameParts } from './atoms.ts';
import type { CteList, CtePlace } from './cte-list.ts';
import type { QueryText } from './query-text.ts';

/** A value that each group has: a key or an aggregate, and the name of its column in the query of the groups. */
interface GroupValue {
  readonly name: string;
  readonly sql: string;
}

/**
 * Splits a SELECT with groups in two where the clock is compared with a value of the group: a CTE computes the groups,
 * and the SELECT reads them. What is left is a SELECT without groups, whose conditions can become bands.
 */
export class GroupSplit {
  readonly #stmt: SelectStmt;
  readonly #text: QueryText;
  readonly #keys: readonly Node[];
  readonly #values = new Map<string, GroupValue>();
  readonly #names = new Set<string>();

  constructor(stmt: SelectStmt, text: QueryText) {
    this.#stmt = stmt;
    this.#text = text;
    this.#keys = (stmt.groupClause ?? []).map((item) => this.#keyOf(item));
  }

  /** Whether the SELECT has groups. */
  get hasGroups(): boolean {
    return this.#keys.length > 0 || this.#aggregates().length > 0;
  }

  /** Returns whether a node is computed from single rows, as a key of the groups or inside an aggregate. */
  isOfRows(node: Node): boolean {
    return this.#wholes().some((whole) => contains(whole, node));
  }

  /** Writes the groups as a CTE at `place`, and the SELECT over it. `having` is a HAVING that the groups keep. */
  write(place: CtePlace, ctes: CteList, keepsHaving: boolean): void {
    const text = this.#text;
    const { fromClause, targetList = [] } = this.#stmt;
    const clauses = clausesOf(this.#stmt, text.slice);
    for (const key of this.#keys) this.#value(key);
    for (const call of this.#aggregates()) this.#value(call);
    const [first] = fromClause ?? [];
    const wish = first !== undefined && 'RangeVar' in first ? `${first.RangeVar.relname}_grouped` : 'grouped';
    const name = ctes.newName(wish);
    ctes.add(place, {
      name: renderName(name),
      comment: 'The groups of the query that reads them, without the clock.',
      body: this.#groups(keepsHaving),
    });
    for (const target of targetList) this.#nameTarget(target);
    for (const whole of this.#wholes()) {
      const value = this.#values.get(shapeOf(whole))!;
      text.replace(this.#withAlias(whole, value.name), renderName(value.name));
    }
    const having = clauses.at.get('having');
    const where =
      having === undefined || keepsHaving
        ? ''
        : `\nWHERE ${text.text({ first: having + 1, last: endOf('having', clauses) })}`;
    const last = Math.max(
      ...(['from', 'where', 'group', 'having'] as const)
        .filter((clause) => clauses.at.has(clause))
        .map((clause) => endOf(clause, clauses)),
    );
    text.replace({ first: clauses.at.get('from')!, last }, `FROM ${renderName(name)}${where}`);
  }

  /** Returns the tokens of a value, with the alias of the select list behind it if that is its name. */
  #withAlias(whole: Node, name: string): TokenRange {
    const range = this.#text.rangeOf(whole);
    const { tokens } = this.#text.slice;
    const isTarget = (this.#stmt.targetList ?? []).some((t) => 'ResTarget' in t && t.ResTarget.val === whole);
    if (!isTarget || tokens[range.last + 1]?.value !== 'as' || tokens[range.last + 2]?.value !== name)
      return range;
    return { first: range.first, last: range.last + 2 };
  }

  /** Returns the query of the groups, indented by four blanks. */
  #groups(keepsHaving: boolean): string {
    const text = this.#text;
    const clauses = clausesOf(this.#stmt, text.slice);
    const columns = [...this.#values.values()].map(({ name, sql }) =>
      sql === renderName(name) ? sql : `${sql} AS ${renderName(name)}`,
    );
    const part = (clause: 'from' | 'where' | 'having'): string => {
      const first = clauses.at.get(clause);
      return first === undefined ? '' : `\n    ${text.text({ first, last: endOf(clause, clauses) })}`;
    };
    const keys = this.#keys.map((key) => text.textOf(key));
    const groupBy = keys.length === 0 ? '' : `\n    GROUP BY ${keys.join(', ')}`;
    const having = keepsHaving ? part('having') : '';
    return `    SELECT\n        ${columns.join(',\n        ')}${part('from')}${part('where')}${groupBy}${having}`;
  }

  /** Returns the expression of an item of GROUP BY: a number or a name of the select list stands for its expression. */
  #keyOf(item: Node): Node {
    const targets = (this.#stmt.targetList ?? []).flatMap((t) => ('ResTarget' in t ? [t.ResTarget] : []));
    const position = integerConst(item);
    if (position !== undefined) return targets[position - 1]?.val ?? item;
    const parts = nameParts(item);
    if (parts.length !== 1 || this.#text.exprOf(item) !== undefined) return item;
    return targets.find((t) => t.name === parts[0])?.val ?? item;
  }

  /** Returns the outermost calls of aggregates in the select list, HAVING and ORDER BY. */
  #aggregates(): readonly Node[] {
    const found: Node[] = [];
    walk(this.#outer(), (kind, node) => {
      if (kind === 'SelectStmt') return false;
      const isAggregate = isAggregateCall(node, this.#text);
      if (isAggregate) found.push(node);
      return !isAggregate;
    });
    return found;
  }

  #outer(): unknown {
    const { targetList, havingClause, sortClause, distinctClause, windowClause } = this.#stmt;
    return [targetList, havingClause, sortClause, distinctClause, windowClause];
  }

  /** Returns the places of keys and aggregates in the select list, HAVING and ORDER BY. */
  #wholes(): readonly Node[] {
    const keys = new Set(this.#keys.map(shapeOf));
    const aggregates = new Set(this.#aggregates());
    const found: Node[] = [];
    walk(this.#outer(), (kind, node) => {
      if (kind === 'SelectStmt') return false;
      const isWhole =
        aggregates.has(node) || (this.#text.exprOf(node) !== undefined && keys.has(shapeOf(node)));
      if (isWhole) found.push(node);
      return !isWhole;
    });
    return found;
  }

  #value(node: Node): void {
    const shape = shapeOf(node);
    if (this.#values.has(shape)) return;
    const target = (this.#stmt.targetList ?? []).find(
      (t) => 'ResTarget' in t && t.ResTarget.val !== undefined && shapeOf(t.ResTarget.val) === shape,
    );
    const alias = target !== undefined && 'ResTarget' in target ? target.ResTarget.name : undefined;
    const [ref] = 'FuncCall' in node ? columnRefsIn(node) : [];
    const own = 'ColumnRef' in node ? nameParts(node).at(-1)! : outputName(node);
    const wish = alias ?? (ref === undefined ? own : `${own}_${nameParts(ref).at(-1)}`);
    let name = wish.startsWith('?') ? 'value' : wish;
    for (let i = 2; this.#names.has(name); i++) name = `${wish}_${i}`;
    this.#names.add(name);
    this.#values.set(shape, { name, sql: this.#text.textOf(node) });
  }

  /** Gives an item of the select list the name that it has without an alias. */
  #nameTarget(target: Node): void {
    if (!('ResTarget' in target)) return;
    const { name, val } = target.ResTarget;
    if (name !== undefined || val === undefined) return;
    const own = outputName(val);
    const value = this.#values.get(shapeOf(val));
    if (value?.name === own || own.startsWith('?')) return;
    const { end } = this.#text.spanOf(this.#text.rangeOf(val));
    this.#text.edits.insertAfter(end, ` AS ${renderName(own)}`);
  }
}

function contains(part: unknown, node: Node): boolean {
  if (part === node) return true;
  if (Array.isArray(part)) return part.some((each) => contains(each, node));
  if (part === null || typeof part !== 'object') return false;
  return Object.values(part).some((each) => contains(each, node));
}
