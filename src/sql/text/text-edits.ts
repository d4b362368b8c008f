/** A replacement of `[start, end)` of a text. An insertion has an empty range, and belongs to what follows or precedes. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly side: 'before' | 'after' | undefined;
}

/** Changes of a text, made from the inside out: a replacement takes the place of the changes inside its range. */
export class TextEdits {
  readonly original: string;
  #edits: Edit[] = [];

  constructor(original: string) {
    this.original = original;
  }

  get isEmpty(): boolean {
    return this.#edits.length === 0;
  }

  replace(start: number, end: number, text: string): void {
    this.#edits = this.#edits.filter((e) => !isWithin(e, start, end));
    this.#edits.push({ start, end, text, side: undefined });
  }

  /** Inserts a text in front of what begins at `at`. */
  insertBefore(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text, side: 'before' });
  }

  /** Inserts a text behind what ends at `at`. */
  insertAfter(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text, side: 'after' });
  }

  /** Returns `[start, end)` of the original with the changes inside it. */
  text(start = 0, end = this.original.length): string {
    let result = '';
    let at = start;
    for (const edit of this.#within(start, end)) {
      result += this.original.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return result + this.original.slice(at, end);
  }

  /** Returns where an offset into the changed text comes from; for an offset in new text, where that was put. */
  originAt(offset: number): number {
    let before = 0;
    let at = 0;
    for (const edit of this.#within(0, this.original.length)) {
      const kept = edit.start - at;
      if (offset < before + kept) break;
      before += kept;
      if (offset < before + edit.text.length) return edit.start;
      before += edit.text.length;
      at = edit.end;
    }
    return Math.min(this.original.length, at + offset - before);
  }

  /** Returns the changes inside a range in the order of the text. */
  #within(start: number, end: number): readonly Edit[] {
    return this.#edits
      .map((edit, order) => ({ edit, order }))
      .filter(({ edit }) => isWithin(edit, start, end))
      .toSorted((a, b) => a.edit.start - b.edit.start || rank(a.edit) - rank(b.edit) || a.order - b.order)
      .map(({ edit }) => edit);
  }
}

function isWithin(e: Edit, start: number, end: number): boolean {
  if (e.side === 'before') return start <= e.start && e.start < end;
  if (e.side === 'after') return start < e.start && e.start <= end;
  return start <= e.start && e.end <= end;
}

/** At one place: what ends there, what is put before the next thing, then its replacement. */
function rank(e: Edit): number {
  return e.side === 'after' ? 0 : e.side === 'before' ? 1 : 2;
}
