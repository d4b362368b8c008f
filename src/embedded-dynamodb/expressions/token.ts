/** A token of an expression. The text of a `name` includes `#`, the text of a `value` includes `:`. */
export interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'number' | 'symbol' | 'end';
  readonly text: string;
}

const PIECE =
  /\s*(?:(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|([A-Za-z_][A-Za-z0-9_]*)|([0-9]+)|(<>|<=|>=|[=<>()[\].,+-]))/y;
const KINDS = ['name', 'value', 'word', 'number', 'symbol'] as const;

/** Returns the tokens of an expression, or the text at which no token can begin. */
export function tokenize(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (let at = 0; at < end;) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(text);
    if (match === null) return text.slice(at, at + 10).trim();
    const kind = match.slice(1).findIndex((part) => part !== undefined);
    tokens.push({ kind: KINDS[kind]!, text: match[kind + 1]! });
    at = PIECE.lastIndex;
  }
  tokens.push({ kind: 'end', text: '<EOF>' });
  return tokens;
}
