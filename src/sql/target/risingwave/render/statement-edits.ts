import type { Span } from '../../../../plan/expr.ts';
import type { RawOption } from '../../../ddl/statement.ts';
import type { ParsedStatement } from '../../../parse-file.ts';
import type { TextEdits } from '../../../text/text-edits.ts';
import type { Token } from '../../../text/tokens.ts';
import { wrap } from './wrap.ts';

/** Changes of one statement by its tokens, and remarks above it that say what was changed and why. */
export class StatementEdits {
  readonly edits: TextEdits;
  readonly #parsed: ParsedStatement;
  readonly #remarks = new Set<string>();
  /** The first token of each removed item of a list, by its last token. */
  readonly #removed = new Map<number, number>();

  constructor(parsed: ParsedStatement, edits: TextEdits) {
    this.#parsed = parsed;
    this.edits = edits;
  }

  get tokens(): readonly Token[] {
    return this.#parsed.tokens;
  }

  /** Adds a remark, once. */
  remark(text: string): void {
    this.#remarks.add(text);
  }

  /** Writes the remarks above the statement. */
  writeRemarks(): void {
    const lines = [...this.#remarks].flatMap((remark) => wrap(`RisingWave: ${remark}`));
    this.edits.insertBefore(this.#parsed.span.start, lines.map((line) => `-- ${line}\n`).join(''));
  }

  /** Returns the index of the token that begins at, or around, an offset in the file. */
  tokenAt(offset: number): number {
    return this.tokens.findIndex((token) => this.spanOf(token).end > offset);
  }

  spanOf(first: Token, last: Token = first): Span {
    return this.#parsed.source.span(first.start, last.end);
  }

  /** Returns the index of the first token with these words, from `from` on. */
  find(words: readonly string[], from = 0): number {
    return this.tokens.findIndex(
      (_, i) => i >= from && words.every((word, k) => this.tokens[i + k]?.value.toLowerCase() === word),
    );
  }

  /** Removes an option of WITH or ENCODE, with its comma and a comment behind it. */
  removeOption(option: RawOption): void {
    const first = this.tokenAt(option.key.span.start);
    this.removeItem(first, this.tokenAt(option.span.end - 1));
  }

  /** Removes an item of a list from its first to its last token, with a comma and a comment behind it on the line. */
  removeItem(first: number, last: number): void {
    const { tokens } = this;
    const isFollowed = tokens[last + 1]?.raw === ',';
    const { original } = this.edits;
    const start = this.spanOf(tokens[first]!).start;
    let end = this.spanOf(tokens[isFollowed ? last + 1 : last]!).end;
    end += /^[ \t]*(?:--[^\n]*)?/.exec(original.slice(end))![0].length;
    const blanks = /\s*$/.exec(original.slice(0, start))![0].length;
    this.edits.replace(start - blanks, end, '');
    this.#removed.set(last, first);
    if (!isFollowed) this.#removeCommaBefore(first);
  }

  /** The last item takes the comma before it along, or before a run of removed items that it ends. */
  #removeCommaBefore(first: number): void {
    const comma = first - 1;
    if (this.tokens[comma]?.raw !== ',') return;
    const earlier = this.#removed.get(comma - 1);
    if (earlier !== undefined) {
      this.#removeCommaBefore(earlier);
      return;
    }
    const { start, end } = this.spanOf(this.tokens[comma]!);
    this.edits.replace(start, end, '');
  }

  replaceTokens(first: number, last: number, text: string): void {
    const { start, end } = this.spanOf(this.tokens[first]!, this.tokens[last]!);
    this.edits.replace(start, end, text);
  }
}
