/**
 * The syntax tree of a regular expression. A `set` matches one character. Its text is a JavaScript atom (`a`, `\p{L}`,
 * `[^x]`, `.`), which decides whether a character belongs to it. `back` is a back reference.
 */
export type RegexpNode =
  | { readonly kind: 'set'; readonly text: string }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly RegexpNode[] }
  | { readonly kind: 'group'; readonly index: number; readonly body: RegexpNode }
  | {
      readonly kind: 'repeat';
      readonly body: RegexpNode;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  | { readonly kind: 'look'; readonly ahead: boolean; readonly negative: boolean; readonly body: RegexpNode }
  | { readonly kind: 'back' };

/** A parsed regular expression. */
export interface ParsedRegexp {
  readonly root: RegexpNode;
  /** Number of capturing groups. */
  readonly groups: number;
}

const ATOM =
  /\\(?:[pP]\{[^}]*\}|u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[\s\S])|[\s\S]/uy;
const BRACKET = /\[(?:\\[\s\S]|[^\]\\])*\]/uy;
const OPEN = /\((?:\?(?::|=|!|<=|<!))?/y;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})(\?)?/y;

/** Parses the source of a JavaScript regular expression (flag `u`) that RegExp has accepted. */
export function parseRegexp(source: string): ParsedRegexp {
  let at = 0;
  let groups = 0;
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const m = expression.exec(source);
    if (m !== null) at = expression.lastIndex;
    return m;
  };

  const choice = (): RegexpNode => {
    const items = [sequence()];
    while (source[at] === '|') {
      at++;
      items.push(sequence());
    }
    return items.length === 1 ? items[0]! : { kind: 'choice', items };
  };
  const sequence = (): RegexpNode => {
    const items: RegexpNode[] = [];
    while (at < source.length && source[at] !== '|' && source[at] !== ')') items.push(repeated());
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  };
  const repeated = (): RegexpNode => {
    const body = single();
    const m = take(QUANTIFIER);
    if (m === null) return body;
    const [, sign, from, comma, to] = m;
    const min = sign === undefined ? Number(from) : sign === '+' ? 1 : 0;
    const open = sign === '*' || sign === '+' || (comma === ',' && to === '');
    const max = open ? Infinity : sign === '?' ? 1 : comma === ',' ? Number(to) : min;
    return { kind: 'repeat', body, min, max, lazy: m[5] !== undefined };
  };
  const single = (): RegexpNode => {
    const open = take(OPEN)?.[0];
    if (open !== undefined) {
      const index = open === '(' ? ++groups : 0;
      const body = choice();
      at++; // the closing parenthesis
      if (open === '(') return { kind: 'group', index, body };
      if (open === '(?:') return body;
      return { kind: 'look', ahead: !open.includes('<'), negative: open.endsWith('!'), body };
    }
    const bracket = take(BRACKET)?.[0];
    if (bracket !== undefined) return { kind: 'set', text: bracket };
    const text = take(ATOM)![0];
    if (text === '^') return { kind: 'start' };
    if (text === '$') return { kind: 'end' };
    return /^\\[1-9]/.test(text) ? { kind: 'back' } : { kind: 'set', text };
  };
  return { root: choice(), groups };
}

/** Returns whether a node can match the empty text. */
export function isNullable(node: RegexpNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'group':
      return isNullable(node.body);
    case 'sequence':
      return node.items.every(isNullable);
    case 'choice':
      return node.items.some(isNullable);
    case 'repeat':
      return node.min === 0 || isNullable(node.body);
    default:
      return true;
  }
}
