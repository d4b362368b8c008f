import type { Node } from '@pgsql/types';
import type { Expr, Span } from '../../../../plan/expr.ts';
import { renderExpr, renderLiteral } from '../../../../plan/render-expr.ts';
import type { Datum } from '../../../../values/datum.ts';
import { typeName } from '../../../../values/types.ts';
import type { SqlType } from '../../../../values/types.ts';
import { rangeOf } from '../../../text/node-range.ts';
import type { TokenRange } from '../../../text/node-range.ts';
import type { Slice } from '../../../text/slice.ts';
import type { TextEdits } from '../../../text/text-edits.ts';

/** The text of one query, with the changes made so far. Expressions keep the words in which the user wrote them. */
export class QueryText {
  readonly slice: Slice;
  readonly edits: TextEdits;
  /** References to columns that are known to hold no NULL. */
  readonly neverNull = new Set<Expr>();
  readonly #nodes = new Map<Expr, Node>();
  readonly #ranges = new Map<Node, TokenRange>();

  constructor(slice: Slice, edits: TextEdits) {
    this.slice = slice;
    this.edits = edits;
    for (const [node, expr] of slice.notes.exprs) this.#nodes.set(expr, node);
  }

  /** Returns the tokens of an expression, without brackets around it. */
  rangeOf(node: Node): TokenRange {
    let range = this.#ranges.get(node);
    if (range === undefined) this.#ranges.set(node, (range = rangeOf(node, this.slice)));
    return range;
  }

  /** Returns the place of a run of tokens in the file. */
  spanOf({ first, last }: TokenRange): Span {
    const { tokens, source } = this.slice;
    return source.span(tokens[first]!.start, tokens[last]!.end);
  }

  /** Returns a run of tokens as it reads now. */
  text(range: TokenRange): string {
    const { start, end } = this.spanOf(range);
    return this.edits.text(start, end);
  }

  textOf(node: Node): string {
    return this.text(this.rangeOf(node));
  }

  replace(range: TokenRange, text: string): void {
    const { start, end } = this.spanOf(range);
    this.edits.replace(start, end, text);
  }

  /** Removes tokens with the blanks in front of them, or behind them. */
  remove(range: TokenRange, blanks: 'before' | 'behind' = 'before'): void {
    const { start, end } = this.spanOf(range);
    const { original } = this.edits;
    const before = /\s*$/.exec(original.slice(0, start))![0].length;
    const behind = /^\s*/.exec(original.slice(end))![0].length;
    if (blanks === 'before') this.edits.replace(start - before, end, '');
    else this.edits.replace(start, end + behind, '');
  }

  /** Returns what was bound from a node; undefined for a node that is no expression. */
  exprOf(node: Node): Expr | undefined {
    return this.slice.notes.exprs.get(node);
  }

  /** Returns SQL of a bound expression: its text, or for a part that has none, what the binder made of it. */
  sqlOf(e: Expr): string {
    const node = this.#nodes.get(e);
    if (node !== undefined) return this.textOf(node);
    switch (e.kind) {
      case 'cast':
        return `${this.operand(e.arg)}::${typeName(e.type)}`;
      case 'const':
        return sqlLiteral(e.value, e.type);
      case 'call': {
        const { name } = e.fn;
        const args = e.args.map((arg) => this.operand(arg));
        if (name === 'timezone') return `${args[1]} AT TIME ZONE ${args[0]}`;
        if (/^[a-z_]/.test(name)) return `${name}(${e.args.map((arg) => this.sqlOf(arg)).join(', ')})`;
        return args.length === 1 ? `${name}${args[0]}` : args.join(` ${name} `);
      }
      case 'compare':
        return `${this.operand(e.left)} ${e.op} ${this.operand(e.right)}`;
      case 'and':
      case 'or':
        return e.args.map((arg) => this.operand(arg)).join(e.kind === 'and' ? ' AND ' : ' OR ');
      case 'not':
        return `NOT ${this.operand(e.arg)}`;
      default:
        return renderExpr(e);
    }
  }

  /** Returns SQL of an expression that can stand on either side of an operator. */
  operand(e: Expr): string {
    return asOperand(this.sqlOf(e));
  }
}

/** A name, a literal, or a call. */
const ATOM = /^(?:[\w".]+|'(?:[^']|'')*'|[\w.]+\([^()]*\)|[\w.]+\((?:[^()]|\([^()]*\))*\))$/;

/** Returns a text in brackets, unless it is a name, a literal or a call. */
export function asOperand(sql: string): string {
  return ATOM.test(sql) ? sql : `(${sql})`;
}

/** Returns a text without the brackets around the whole of it. */
export function withoutBrackets(sql: string): string {
  if (!sql.startsWith('(')) return sql;
  let depth = 0;
  for (let i = 0; i < sql.length; i++) {
    if (sql[i] === "'") i = sql.indexOf("'", i + 1);
    else if (sql[i] === '(') depth++;
    else if (sql[i] === ')' && --depth === 0 && i < sql.length - 1) return sql;
  }
  return sql.slice(1, -1);
}

/** Returns a value as SQL. RisingWave's parser does not know TIMESTAMPTZ in front of a text. */
export function sqlLiteral(value: Datum, type: SqlType): string {
  const sql = renderLiteral(value, type);
  return type.kind === 'timestamptz' && value !== null ? `${sql.slice(sql.indexOf("'"))}::timestamptz` : sql;
}
