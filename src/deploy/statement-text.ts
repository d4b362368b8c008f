import { FreshetError } from '../values/freshet-error.ts';
import { ParseFailure, parseSelect, scanTokens } from '../sql/parser.ts';
import { Utf8Offsets } from '../sql/text/utf8-offsets.ts';

/** A token of a rendered statement, without the comments between tokens. Offsets are those of JavaScript strings. */
interface TextToken {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A replacement of `[start, end)` of a text. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Returns the tokens of a statement; undefined if PostgreSQL's lexer cannot read it. */
function tokensOf(sql: string): readonly TextToken[] | undefined {
  const scanned = scanTokens(sql);
  if (scanned === undefined) return undefined;
  const offsets = new Utf8Offsets(sql);
  return scanned
    .filter(({ tokenName }) => tokenName !== 'SQL_COMMENT' && tokenName !== 'C_COMMENT')
    .map((token) => {
      const start = offsets.fromByte(token.start);
      const end = offsets.fromByte(token.end);
      return { text: sql.slice(start, end), start, end };
    });
}

/**
 * Returns the statement without comments and with single blanks: two texts that differ in layout alone are the same
 * definition, which need not be made anew.
 */
export function withoutLayout(sql: string): string {
  return (
    tokensOf(sql)
      ?.map(({ text }) => text)
      .join(' ') ?? sql.trim()
  );
}

/** Returns a name in the quotes that SQL needs around it, if it needs any. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Returns a text as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Returns the options of the first WITH (...) of a CREATE statement, by their names in lower case. Values are without
 * quotes. A query may hold WITH as well, but there a name follows it and no bracket.
 */
export function optionsOf(sql: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  const tokens = tokensOf(sql) ?? [];
  let i = optionsStart(tokens);
  if (i === undefined) return options;
  while (i < tokens.length && tokens[i]!.text !== ')') {
    let key = '';
    while (i < tokens.length && !['=', ')', ','].includes(tokens[i]!.text)) key += tokens[i++]!.text;
    let value = '';
    if (tokens[i]?.text === '=') i++;
    while (i < tokens.length && ![')', ','].includes(tokens[i]!.text)) value += tokens[i++]!.text;
    options.set(unquoted(key).toLowerCase(), unquoted(value));
    if (tokens[i]?.text === ',') i++;
  }
  return options;
}

/** Returns the index of the token after the bracket of WITH (...). */
function optionsStart(tokens: readonly TextToken[]): number | undefined {
  const at = tokens.findIndex(({ text }, i) => text.toLowerCase() === 'with' && tokens[i + 1]?.text === '(');
  return at === -1 ? undefined : at + 2;
}

function unquoted(text: string): string {
  const quote = text[0];
  if (quote !== "'" && quote !== '"') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}

/** Returns a CREATE SINK that writes changes only, without the rows that its view already holds. */
export function withoutSnapshot(sql: string): string {
  const tokens = tokensOf(sql) ?? [];
  const at = optionsStart(tokens);
  if (at === undefined || optionsOf(sql).has('snapshot')) return sql;
  const from = tokens[at - 1]!.end;
  return edited(sql, [{ start: from, end: from, text: "snapshot = 'false', " }]);
}

/**
 * Returns a CREATE statement that defines `name` instead of its own name, and that reads `inputs.get(x)` wherever it
 * reads a relation x of `inputs`. The relation keeps x as its alias, so that columns qualified with x stay valid.
 *
 * Throws FreshetError if the query cannot be parsed; the statement is then one that this program did not render.
 */
export function renamed(sql: string, name: string, inputs: ReadonlyMap<string, string>): string {
  const tokens = tokensOf(sql) ?? [];
  const own = nameAt(tokens);
  const rest = tokens.slice(own + 1);
  const edits: Edit[] = [{ start: tokens[own]!.start, end: tokens[own]!.end, text: quoted(name) }];
  const view = sinkView(rest);
  const to = view === undefined ? undefined : inputs.get(nameOf(view.text));
  if (view !== undefined && to !== undefined)
    edits.push({ start: rest[1]!.start, end: view.end, text: quoted(to) });
  if (view === undefined && inputs.size > 0) edits.push(...queryInputs(sql, rest, inputs));
  return edited(sql, edits);
}

/** Returns the index of the token that names what a CREATE statement makes, after its schema if it has one. */
function nameAt(tokens: readonly TextToken[]): number {
  let at = 0;
  const skip = (...words: readonly string[]): void => {
    if (words.every((word, i) => tokens[at + i]?.text.toLowerCase() === word)) at += words.length;
  };
  skip('create');
  skip('or', 'replace');
  skip('materialized');
  at++; // VIEW, SOURCE, TABLE or SINK
  skip('if', 'not', 'exists');
  return tokens[at + 1]?.text === '.' ? at + 2 : at;
}

/** Returns the token that names the view of `CREATE SINK s FROM [schema.]view`; undefined for other statements. */
function sinkView(rest: readonly TextToken[]): TextToken | undefined {
  if (rest[0]?.text.toLowerCase() !== 'from') return undefined;
  return rest[2]?.text === '.' ? rest[3] : rest[1];
}

function nameOf(token: string): string {
  return token.startsWith('"') ? unquoted(token) : token.toLowerCase();
}

/** The edits of the relations in the query of a view or a sink. */
function queryInputs(
  sql: string,
  rest: readonly TextToken[],
  inputs: ReadonlyMap<string, string>,
): readonly Edit[] {
  const query = queryOf(rest);
  if (query === undefined) return [];
  const text = sql.slice(query.start, query.end);
  const offsets = new Utf8Offsets(text);
  return relationsOf(text).flatMap(({ name, location, hasSchema, hasAlias }) => {
    const to = inputs.get(name);
    if (to === undefined) return [];
    const start = query.start + offsets.fromByte(location);
    const at = rest.findIndex((token) => token.start === start);
    const end = rest[hasSchema ? at + 2 : at]!.end;
    return [{ start, end, text: hasAlias ? quoted(to) : `${quoted(to)} AS ${quoted(name)}` }];
  });
}

function relationsOf(query: string): readonly Relation[] {
  const relations: Relation[] = [];
  try {
    collect(parseSelect(query), new Set(), relations);
  } catch (e) {
    if (!(e instanceof ParseFailure)) throw e;
    throw new FreshetError('unreadable_query', `cannot read the query to find its inputs: ${e.message}`, {
      cause: e,
    });
  }
  return relations;
}

/** Returns the range of the query after AS: up to EMIT of a view, or to WITH (...) of a sink. */
function queryOf(rest: readonly TextToken[]): { start: number; end: number } | undefined {
  let depth = 0;
  let from: number | undefined;
  let last: TextToken | undefined;
  for (const [i, token] of rest.entries()) {
    const word = token.text.toLowerCase();
    if (depth === 0 && from !== undefined && endsQuery(word, rest[i + 1]?.text)) break;
    if (word === '(') depth++;
    if (word === ')') depth--;
    if (from !== undefined) last = token;
    else if (depth === 0 && word === 'as') from = rest[i + 1]?.start;
  }
  return from === undefined || last === undefined ? undefined : { start: from, end: last.end };
}

function endsQuery(word: string, next: string | undefined): boolean {
  return (word === 'with' && next === '(') || (word === 'emit' && /^(?:on|immediately)$/i.test(next ?? ''));
}

/** A relation in a FROM clause. `location` is its offset in UTF-8 bytes. */
interface Relation {
  readonly name: string;
  readonly location: number;
  readonly hasSchema: boolean;
  readonly hasAlias: boolean;
}

/** The fields of the parser's nodes that {@link collect} reads. */
interface ParsedNode {
  readonly relname?: string;
  readonly schemaname?: string;
  readonly location?: number;
  readonly alias?: unknown;
  readonly withClause?: { readonly recursive?: boolean; readonly ctes?: readonly ParsedCte[] };
}
interface ParsedCte {
  readonly CommonTableExpr: { readonly ctename: string; readonly ctequery: unknown };
}

/** Collects the relations in a part of a parse tree, except those that are names of CTEs around it. */
function collect(part: unknown, hidden: ReadonlySet<string>, found: Relation[]): void {
  if (Array.isArray(part)) {
    for (const each of part) collect(each, hidden, found);
    return;
  }
  if (part === null || typeof part !== 'object') return;
  const { withClause, ...node } = part as ParsedNode;
  let inside = hidden;
  if (withClause !== undefined) {
    const ctes = (withClause.ctes ?? []).map((each) => each.CommonTableExpr);
    if (withClause.recursive === true) inside = new Set([...inside, ...ctes.map(({ ctename }) => ctename)]);
    for (const { ctename, ctequery } of ctes) {
      collect(ctequery, inside, found);
      inside = new Set([...inside, ctename]);
    }
  }
  const { relname, schemaname } = node;
  if (relname !== undefined && (schemaname !== undefined || !inside.has(relname))) {
    found.push({
      name: relname,
      location: node.location ?? 0,
      hasSchema: schemaname !== undefined,
      hasAlias: node.alias !== undefined,
    });
  }
  for (const each of Object.values(node)) collect(each, inside, found);
}

function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { start, end, text: to } of edits.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + to + result.slice(end);
  return result;
}
