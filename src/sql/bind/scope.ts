import type { Expr, Span } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { SqlType } from '../../values/types.ts';
import { didYouMean, nearest } from '../did-you-mean.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import { castTo } from './coerce.ts';

/** A column that a name can mean. */
export interface ScopeColumn extends PlanColumn {
  /** Its position in the row that expressions are over. */
  readonly index: number;
  /** Its type in that row, if a join USING it with a column of another type changed it to the common type. */
  readonly castFrom?: SqlType | undefined;
}

/** The alias of a sub-select without an alias. No name can be qualified with it. */
export const NO_ALIAS = '';

/** A relation of FROM under its alias. */
export interface ScopeRelation {
  readonly alias: string;
  readonly columns: readonly ScopeColumn[];
  /** Whether its definition failed. It may have other columns, so none is reported as missing. */
  readonly unknown?: boolean | undefined;
}

/** The names that an expression can use: relations of FROM, and columns visible without a qualifier, in `*` order. */
export class Scope {
  readonly relations: readonly ScopeRelation[];
  readonly visible: readonly ScopeColumn[];

  constructor(relations: readonly ScopeRelation[], visible: readonly ScopeColumn[]) {
    this.relations = relations;
    this.visible = visible;
  }

  static of(alias: string, columns: readonly PlanColumn[]): Scope {
    const own = columns.map((c, index) => ({ ...c, index }));
    return new Scope([{ alias, columns: own }], own);
  }
  /** Returns a scope of relations whose definitions failed, with those of their columns that are known. */
  static inPart(
    relations: readonly { readonly alias: string; readonly columns: readonly PlanColumn[] }[],
  ): Scope {
    let index = 0;
    const all = relations.map(({ alias, columns }) => ({
      alias,
      columns: columns.map((c): ScopeColumn => ({ ...c, index: index++ })),
      unknown: true,
    }));
    return new Scope(
      all,
      all.flatMap((r) => r.columns),
    );
  }
  static readonly empty = new Scope([], []);

  /** Whether some relation can have columns that are not known. */
  get isIncomplete(): boolean {
    return this.relations.some((r) => r.unknown);
  }

  /** Returns the same names over a row in which the columns stand `by` places later, and may have become nullable. */
  moved(by: number, nullable = false): Scope {
    const move = (c: ScopeColumn): ScopeColumn => ({
      ...c,
      index: c.index + by,
      nullable: c.nullable || nullable,
    });
    return new Scope(
      this.relations.map((r) => ({ ...r, columns: r.columns.map(move) })),
      this.visible.map(move),
    );
  }

  /** Returns the names of both scopes. Throws SqlFailure if both use the same alias. */
  join(other: Scope, span: Span): Scope {
    for (const r of other.relations) {
      if (r.alias !== NO_ALIAS && this.relations.some((own) => own.alias === r.alias)) {
        throw failure(
          '42712',
          `table name "${r.alias}" specified more than once`,
          span,
          `give one of them an alias: ${r.alias} AS other`,
        );
      }
    }
    return new Scope([...this.relations, ...other.relations], [...this.visible, ...other.visible]);
  }

  /**
   * Returns the column of a name. If there is none, throws Abandoned where a relation has unknown columns, and
   * SqlFailure elsewhere. Its hint is `hints.sure`, a similar name, `hints.otherwise`, or the list of columns.
   */
  column(
    name: string,
    span: Span,
    hints: { readonly sure?: string | undefined; readonly otherwise?: string | undefined } = {},
  ): Expr {
    const found = this.find(name, span);
    if (found !== undefined) return columnExpr(found, span);
    if (this.isIncomplete) throw new Abandoned();
    const hint = hints.sure ?? this.#columnHint(name) ?? hints.otherwise ?? list(this.visible);
    throw failure('42703', `column "${name}" does not exist`, span, hint);
  }

  /** Returns the column of a name; undefined if there is none. Throws SqlFailure if the name is ambiguous. */
  find(name: string, span: Span): ScopeColumn | undefined {
    const matches = this.visible.filter((c) => c.name === name);
    if (matches.length > 1) {
      const owners = this.relations
        .filter((r) => r.alias !== NO_ALIAS && r.columns.some((c) => c.name === name))
        .map((r) => `${r.alias}.${name}`);
      throw failure(
        '42702',
        `column reference "${name}" is ambiguous`,
        span,
        owners.length > 1 ? `write ${owners.join(' or ')}` : 'give each sub-select an alias: (...) AS a',
      );
    }
    return matches[0];
  }

  qualified(alias: string, name: string, span: Span): Expr {
    const relation = this.relation(alias, span);
    const matches = relation.columns.filter((c) => c.name === name);
    if (matches.length > 1) {
      throw failure(
        '42702',
        `column reference "${alias}.${name}" is ambiguous`,
        span,
        `"${alias}" has several columns of that name: rename them, as in (...) AS ${alias}(a, b)`,
      );
    }
    if (matches[0] !== undefined) return columnExpr(matches[0], span);
    if (relation.unknown) throw new Abandoned();
    throw failure(
      '42703',
      `column "${alias}.${name}" does not exist`,
      span,
      didYouMean(
        name,
        relation.columns.map((c) => c.name),
        list(relation.columns),
      ),
    );
  }

  relation(alias: string, span: Span): ScopeRelation {
    const relation = this.relations.find((r) => r.alias === alias);
    if (relation !== undefined) return relation;
    // A function in FROM that failed has its own name as its alias, which is not known here.
    if (this.relations.some((r) => r.unknown && r.alias === NO_ALIAS)) throw new Abandoned();
    const aliases = this.relations.map((r) => r.alias).filter((a) => a !== NO_ALIAS);
    throw failure(
      '42P01',
      `missing FROM entry for table "${alias}"`,
      span,
      this.visible.some((c) => c.name === alias)
        ? `"${alias}" is a column; take JSONB apart with -> and ->>: ${alias} ->> 'key'`
        : didYouMean(alias, aliases, aliases.length === 0 ? undefined : `FROM has ${aliases.join(', ')}`),
    );
  }

  #columnHint(name: string): string | undefined {
    const near = nearest(
      name,
      this.visible.map((c) => c.name),
    );
    if (near !== undefined) return `did you mean "${near}"?`;
    if (this.relations.some((r) => r.alias === name)) return `"${name}" is a relation; write ${name}.column`;
    return undefined;
  }
}

const MAX_LISTED = 12;

function list(columns: readonly PlanColumn[]): string | undefined {
  if (columns.length === 0) return 'add a FROM clause: without one there are no columns';
  const names = [...new Set(columns.map((c) => c.name))];
  const shown = names.slice(0, MAX_LISTED).join(', ');
  return `the columns are ${shown}${names.length > MAX_LISTED ? ', ...' : ''}`;
}

/** Returns the parts of a name without the schema `public`. Throws SqlFailure if more than `most` are left. */
export function withoutSchema(parts: readonly string[], most: number, span: Span): readonly string[] {
  if (parts.length <= most) return parts;
  const [schema, ...rest] = parts;
  if (rest.length > most) throw unsupported('a name with so many parts', span, 'write relation.column');
  if (schema !== 'public') throw unsupported(`schema "${schema}"`, span, 'a pipeline has one schema, public');
  return rest;
}

/** Returns a column of the row, cast to the type that its name has in the scope. */
export function columnExpr(c: ScopeColumn, span: Span): Expr {
  const { index, name, nullable, type, castFrom = type } = c;
  return castTo({ kind: 'column', index, name, type: castFrom, nullable, span }, type, span);
}
