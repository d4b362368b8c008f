import type { Datum } from './datum.ts';
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';

/** The text of arrays in PostgreSQL's syntax. The caller converts the elements. */

function malformed(text: string): SqlValueError {
  return new SqlValueError('22P02', `malformed array literal: ${quote(text)}`);
}

/** The items of an array's text: an element's text, null for an unquoted NULL, or the items of a nested array. */
export type ArrayItems = readonly (string | null | ArrayItems)[];

/** White space of array literals, as PostgreSQL defines it in all locales. */
const SPACE = /[ \t\n\v\f\r]/;

class ArrayParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): ArrayItems {
    this.#skip();
    const items = this.#items(0);
    this.#skip();
    if (this.#at !== this.#text.length) throw malformed(this.#text);
    return items;
  }

  #skip(): void {
    while (this.#at < this.#text.length && SPACE.test(this.#text[this.#at]!)) this.#at++;
  }

  #items(depth: number): ArrayItems {
    if (this.#text[this.#at] !== '{' || depth > 6) throw malformed(this.#text);
    this.#at++;
    const items: (string | null | ArrayItems)[] = [];
    this.#skip();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return items;
    }
    for (;;) {
      this.#skip();
      items.push(this.#text[this.#at] === '{' ? this.#items(depth + 1) : this.#item());
      this.#skip();
      const c = this.#text[this.#at++];
      if (c === '}') return items;
      if (c !== ',') throw malformed(this.#text);
    }
  }

  #item(): string | null {
    if (this.#text[this.#at] === '"') return this.#quoted();
    let out = '';
    let kept = 0;
    let escaped = false;
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined || c === '{' || c === '"') throw malformed(this.#text);
      if (c === ',' || c === '}') break;
      if (c === '\\') {
        const next = this.#text[++this.#at];
        if (next === undefined) throw malformed(this.#text);
        out += next;
        kept = out.length;
        escaped = true;
      } else {
        out += c;
        if (!SPACE.test(c)) kept = out.length;
      }
      this.#at++;
    }
    if (kept === 0) throw malformed(this.#text);
    const item = out.slice(0, kept);
    return !escaped && item.toLowerCase() === 'null' ? null : item;
  }

  #quoted(): string {
    let out = '';
    for (;;) {
      let c = this.#text[++this.#at];
      if (c === '"') {
        this.#at++;
        return out;
      }
      if (c === '\\') c = this.#text[++this.#at];
      if (c === undefined) throw malformed(this.#text);
      out += c;
    }
  }
}

/** Returns the items of an array literal. Throws 22P02 for malformed text. */
export function parseArrayText(text: string): ArrayItems {
  return new ArrayParser(text).document();
}

/** Returns an element's text as it stands inside `{...}`, quoted if necessary. */
function quoteArrayItem(text: string): string {
  if (text !== '' && !/[ \t\n\v\f\r{},"\\]/.test(text) && text.toLowerCase() !== 'null') return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Returns the array literal `{a,b,NULL}`. `format` returns an element's text; `nested`: the elements are arrays. */
export function formatArrayText(
  value: readonly Datum[],
  format: (element: Datum) => string,
  nested: boolean,
): string {
  const items = value.map((element) => {
    if (element === null) return 'NULL';
    const text = format(element);
    return nested ? text : quoteArrayItem(text);
  });
  return `{${items.join(',')}}`;
}
