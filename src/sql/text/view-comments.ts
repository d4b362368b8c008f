import type { Span } from '../../plan/expr.ts';
import { scanTokens } from '../parser.ts';
import { Utf8Offsets } from './utf8-offsets.ts';

/** What the comments in the text of a view say. */
export interface ViewComments {
  /** The comment above the statement, or that of the file if the statement is its first. */
  readonly head: string | undefined;
  /**
   * By column: the comment beside it or above it in the last SELECT list; else what the head says of it in a line that
   * begins with its name and a colon.
   */
  readonly columns: ReadonlyMap<string, string>;
}

interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly isComment: boolean;
}

/** Returns the comments of the statement at `span` in `text`, for columns of these names. */
export function viewComments(text: string, span: Span, columns: readonly string[]): ViewComments {
  const head = headComment(text, span.start);
  const statement = text.slice(span.start);
  const items = selectItems(piecesOf(statement));
  const said = new Map(columns.flatMap((name) => aboutColumn(head, name)));
  const taken = new Set<Piece>();
  items.forEach((item, i) => {
    const name = items.length === columns.length ? columns[i]! : (item.name ?? '');
    const words = aboutItem(statement, item, taken);
    if (words !== '' && columns.includes(name)) said.set(name, words);
  });
  return { head: head === undefined ? undefined : withoutColumns(head, columns), columns: said };
}

function piecesOf(statement: string): readonly Piece[] {
  const offsets = new Utf8Offsets(statement);
  return (scanTokens(statement) ?? []).map(({ start, end, tokenName }) => {
    const [from, to] = [offsets.fromByte(start), offsets.fromByte(end)];
    const isComment = tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT';
    return { text: statement.slice(from, to), start: from, end: to, isComment };
  });
}

interface Item {
  /** The last word: a column or its alias. */
  readonly name: string | undefined;
  /** Comments between the comma before the item and its first word. */
  readonly before: readonly Piece[];
  readonly end: number;
  /** Comments between the item's end and the next item's first word. */
  readonly after: readonly Piece[];
}

/** Returns the items of the first SELECT list that stands in no parentheses: the output columns of the statement. */
function selectItems(pieces: readonly Piece[]): readonly Item[] {
  const items: Item[] = [];
  let depth = 0;
  let isInList = false;
  let words: Piece[] = [];
  let comments: Piece[] = [];
  let before: Piece[] = [];
  const close = (): void => {
    const last = words.at(-1);
    if (last !== undefined) {
      items.push({ name: nameOf(last.text), before, end: last.end, after: comments });
    }
    before = [];
    comments = [];
    words = [];
  };
  for (const piece of pieces) {
    const word = piece.text.toLowerCase();
    if (piece.isComment) {
      if (isInList) comments.push(piece);
      continue;
    }
    if (depth === 0 && isInList && (LIST_ENDS.has(word) || word === ';')) break;
    if (word === '(' || word === '[') depth++;
    if (word === ')' || word === ']') depth--;
    if (!isInList) {
      isInList = depth === 0 && word === 'select';
    } else if (depth === 0 && word === ',') {
      close();
    } else {
      // Comments inside an item are those of its parts.
      if (words.length === 0) [before, comments] = [[...before, ...comments], []];
      else comments = [];
      words.push(piece);
    }
  }
  close();
  return withNextComments(items, before);
}

const LIST_ENDS: ReadonlySet<string> = new Set([
  'from',
  'where',
  'group',
  'having',
  'union',
  'order',
  'limit',
]);

/** Adds to each item the comments before the next one: those beside an item follow its comma. */
function withNextComments(items: readonly Item[], last: readonly Piece[]): readonly Item[] {
  return items.map((item, i) => ({ ...item, after: [...item.after, ...(items[i + 1]?.before ?? last)] }));
}

function nameOf(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase();
}

/** Returns the comment beside an item, with the lines that continue it, or else that above it. Adds it to `taken`. */
function aboutItem(statement: string, { before, end, after }: Item, taken: Set<Piece>): string {
  const beside: Piece[] = [];
  for (const piece of after) {
    const first = beside[0];
    const isBeside = !statement.slice(end, piece.start).includes('\n');
    const continues = first !== undefined && columnOf(statement, first) === columnOf(statement, piece);
    if (!isBeside && !continues) break;
    beside.push(piece);
    taken.add(piece);
  }
  const above = before.filter((piece) => isFirstOnLine(statement, piece.start) && !taken.has(piece));
  return wordsOf((beside.length > 0 ? beside : above).map(({ text }) => text));
}

function columnOf(statement: string, { start }: Piece): number {
  return start - statement.lastIndexOf('\n', start);
}

function isFirstOnLine(statement: string, start: number): boolean {
  return statement.slice(statement.lastIndexOf('\n', start) + 1, start).trim() === '';
}

/** Returns the lines of the comment that ends directly above `start`; the comment at the top of the file if it is first. */
function headComment(text: string, start: number): string | undefined {
  const above = text.slice(0, start);
  const lines = above.split('\n').map((line) => line.trim());
  if (lines.at(-1) === '') lines.pop();
  const isFirst = lines.every((line) => line === '' || line.startsWith('--'));
  if (isFirst) while (lines.at(-1) === '') lines.pop();
  const first = lines.findLastIndex((line) => !line.startsWith('--')) + 1;
  const head = lines.slice(first).map((line) => line.replace(/^--\s?/, ''));
  return head.length === 0 ? undefined : head.join('\n');
}

/** Returns what a comment says of a column: the lines from `name:` to the next such line, or to the end of a paragraph. */
function aboutColumn(head: string | undefined, name: string): [string, string][] {
  const lines = head?.split('\n') ?? [];
  const at = lines.findIndex((line) => line.startsWith(`${name}: `));
  if (at < 0) return [];
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim() === '' || /^\w+: /.test(line));
  return [
    [name, wordsOf([lines[at]!.slice(name.length + 1), ...rest.slice(0, end < 0 ? rest.length : end)])],
  ];
}

function withoutColumns(head: string, columns: readonly string[]): string | undefined {
  const lines = head.split('\n');
  const first = lines.findIndex((line) => columns.some((name) => line.startsWith(`${name}: `)));
  const own = wordsOf(first < 0 ? lines : lines.slice(0, first));
  return own === '' ? undefined : own;
}

/** Returns the words of comments, without their marks and without `freshet:allow`. */
function wordsOf(comments: readonly string[]): string {
  return comments
    .map((text) =>
      text.replace(/^--+|^\/\*+|\*+\/$/g, '').replaceAll(/freshet:allow\s+F\d+(?:\s*,\s*F\d+)*/g, ''),
    )
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
