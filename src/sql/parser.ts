import { loadModule, parseSync, scanSync, SqlError } from 'libpg-query';
import type { ScanToken } from 'libpg-query';
import type { Node, SelectStmt } from '@pgsql/types';

/** Loads the WASM module of PostgreSQL's parser. To be awaited once before any pipeline is bound. */
export function loadParser(): Promise<void> {
  return loadModule();
}

/** What PostgreSQL's parser says about a piece of text. `character` counts characters from its start. */
export class ParseFailure extends Error {
  readonly character: number | undefined;
  readonly tooDeep: boolean;
  constructor(message: string, character: number | undefined, tooDeep: boolean) {
    super(message);
    this.name = 'ParseFailure';
    this.character = character;
    this.tooDeep = tooDeep;
  }
}

/** Parses one query. Locations in the result are UTF-8 byte offsets. Throws {@link ParseFailure}. */
export function parseSelect(sql: string): SelectStmt {
  const statements = guarded(() => parseSync(sql)).stmts ?? [];
  const statement = statements[0]?.stmt;
  if (statements.length !== 1 || statement === undefined || !('SelectStmt' in statement)) {
    throw new ParseFailure('a query is expected here', 0, false);
  }
  return statement.SelectStmt;
}

/** What {@link parseExpression} puts before an expression; locations count it. */
export const EXPRESSION_PREFIX = 'SELECT ';

/** Parses one scalar expression. Locations include {@link EXPRESSION_PREFIX}. Throws {@link ParseFailure}. */
export function parseExpression(sql: string): Node {
  const { targetList = [], ...rest } = parseSelect(EXPRESSION_PREFIX + sql);
  const { limitOption: _, op: __, ...clauses } = rest;
  const target = targetList[0];
  if (
    targetList.length !== 1 ||
    Object.keys(clauses).length > 0 ||
    target === undefined ||
    !('ResTarget' in target) ||
    target.ResTarget.name !== undefined ||
    target.ResTarget.val === undefined
  ) {
    throw new ParseFailure('one expression is expected here', EXPRESSION_PREFIX.length, false);
  }
  return target.ResTarget.val;
}

/** PostgreSQL's tokens of a text, comments included; undefined if it has no tokens by PostgreSQL's rules. */
export function scanTokens(sql: string): readonly ScanToken[] | undefined {
  try {
    // The library answers a lexical error with text that is not JSON; what it was, only the parser tells.
    return scanSync(sql).tokens;
  } catch {
    return undefined;
  }
}

function guarded<T>(parse: () => T): T {
  try {
    return parse();
  } catch (e) {
    if (e instanceof SqlError) {
      const tooDeep = e.message.startsWith('memory exhausted') || e.message.includes('stack depth');
      throw new ParseFailure(e.message, e.sqlDetails?.cursorPosition, tooDeep);
    }
    // The module's own stack overflows before PostgreSQL notices; it survives that.
    if (e instanceof RangeError || (e instanceof Error && e.name === 'RuntimeError')) {
      throw new ParseFailure('the statement is nested too deeply', undefined, true);
    }
    throw e;
  }
}
