import type { SelectStmt } from '@pgsql/types';
import { closingOf } from '../../../text/select-clauses.ts';
import type { Slice } from '../../../text/slice.ts';
import type { TextEdits } from '../../../text/text-edits.ts';
import { CteList } from './cte-list.ts';
import type { CtePlace } from './cte-list.ts';
import { fromItems } from './from-items.ts';
import { NameSet } from './name-set.ts';

/** What is done to each SELECT. `place` is where its new CTEs can stand. */
export interface SelectVisitor {
  select(stmt: SelectStmt, place: CtePlace, ctes: CteList): void;
  /** A VALUES list. */
  values(stmt: SelectStmt): void;
  /** A UNION, after its branches. */
  union(stmt: SelectStmt): void;
}

/** Visits the SELECTs of one query, the innermost first, and writes the CTEs that the visits add. */
export class QueryRewriter {
  readonly #slice: Slice;
  readonly #edits: TextEdits;
  readonly #names: NameSet;
  readonly #visitor: SelectVisitor;

  constructor(slice: Slice, edits: TextEdits, visitor: SelectVisitor) {
    this.#slice = slice;
    this.#edits = edits;
    this.#visitor = visitor;
    const words = slice.tokens.filter((t) => t.kind === 'word' || t.kind === 'identifier');
    this.#names = new NameSet(words.map((t) => t.value));
  }

  /** Rewrites the whole query; `at` is its first token. */
  rewrite(stmt: SelectStmt, at = 0): void {
    const ctes = new CteList(this.#slice, this.#names);
    this.#query(stmt, { kind: 'query', at }, ctes);
    ctes.write(this.#edits);
  }

  #query(stmt: SelectStmt, outer: CtePlace, list: CteList): void {
    if (stmt.withClause === undefined) {
      this.#body(stmt, outer, list);
      return;
    }
    const own = new CteList(this.#slice, this.#names);
    let place = outer;
    for (const item of stmt.withClause.ctes ?? []) {
      if (!('CommonTableExpr' in item)) continue;
      const { location, ctequery } = item.CommonTableExpr;
      const at = this.#slice.tokenIndexAt(location);
      if (ctequery !== undefined && 'SelectStmt' in ctequery)
        this.#query(ctequery.SelectStmt, { kind: 'cte', at }, own);
      place = { kind: 'end', at: this.#endOfCte(at) };
    }
    this.#body(stmt, place, own);
    own.write(this.#edits);
  }

  /** Returns the bracket that closes the CTE whose name is the token `at`. */
  #endOfCte(at: number): number {
    const { tokens } = this.#slice;
    let open = at + 1;
    if (tokens[open]?.raw === '(') open = closingOf(tokens, open) + 1;
    while (tokens[open]!.raw !== '(') open++;
    return closingOf(tokens, open);
  }

  #body(stmt: SelectStmt, place: CtePlace, list: CteList): void {
    if (stmt.larg !== undefined && stmt.rarg !== undefined) {
      this.#query(stmt.larg, place, list);
      this.#query(stmt.rarg, place, list);
      this.#visitor.union(stmt);
      return;
    }
    if (stmt.valuesLists !== undefined) {
      this.#visitor.values(stmt);
      return;
    }
    for (const { query } of fromItems(stmt, this.#slice)) {
      if (query !== undefined) this.#query(query, place, list);
    }
    this.#visitor.select(stmt, place, list);
  }
}
