import { loadModule, parseSync, scanSync, SqlError } from 'libpg-query';
import type { ScanToken } from 'libpg-query';
import type { Node, SelectStmt } from '@pgsql/types';

/** Loads the WASM module of PostgreSQL's parser. Await it once before a pipeline is bound. */
export function loadParser(): Promise<void> {
  return loadModule();
}

/** A text that PostgreSQL's parser refuses. `character` is the offset of the error, in code points, if it is known. */
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

/** The text that {@link parseExpression} puts before an expression. Locations in its result count it. */
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

/** Returns PostgreSQL's tokens of a text, including comments; undefined if the text has a lexical error. */
export function scanTokens(sql: string): readonly ScanToken[] | undefined {
  try {
    // On a lexical error the library fails to parse its own answer. Only the parser says what the error is.
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
    // The WASM stack overflows before PostgreSQL's own depth check. The module stays usable.
    if (e instanceof RangeError || (e instanceof Error && e.name === 'RuntimeError')) {
      throw new ParseFailure('the statement is nested too deeply', undefined, true);
    }
    throw e;
  }
}
