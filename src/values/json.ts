import { compareText } from './compare-text.ts';
import { plainNumber, scaledNumber } from './json-number.ts';
import { SqlValueError } from './sql-error.ts';

/**
 * JSON values that keep every digit. A number is a {@link JsonNumber} with its decimal text; an object is a Map in
 * jsonb order.
 */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export class JsonNumber {
  /** The text that {@link scaledNumber} returns. */
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const MAX_DEPTH = 512;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Text up to the next quote, escape or control character. */
// oxlint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;

/** Half of a surrogate pair, which UTF-8 cannot encode. */
export const LONE_SURROGATE = /\p{Surrogate}/u;

/** Compares keys in jsonb's order: by length in UTF-8 bytes, then by bytes. */
export function compareJsonKeys(a: string, b: string): number {
  const length = Buffer.byteLength(a) - Buffer.byteLength(b);
  return length !== 0 ? length : compareText(a, b);
}

/** Returns an object of entries in jsonb order. The last of several entries with one key wins. */
export function jsonObject(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  const map = new Map(entries);
  return map.size < 2 ? map : new Map([...map].sort((x, y) => compareJsonKeys(x[0], y[0])));
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #fail(what: string): never {
    throw new SqlValueError(
      '22P02',
      `invalid input syntax for type json: ${what} at character ${this.#at + 1}`,
    );
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.#at++;
    }
  }

  document(): JsonValue {
    const value = this.#value(0);
    if (this.#at < this.#text.length) this.#fail('unexpected text after the value');
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new SqlValueError('54000', `JSON nested deeper than ${MAX_DEPTH} levels`);
    this.#space();
    const value = this.#bare(depth);
    this.#space();
    return value;
  }

  #bare(depth: number): JsonValue {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('expected a value');
    this.#at += word.length;
    return value;
  }

  #number(): JsonNumber {
    NUMBER.lastIndex = this.#at;
    const m = NUMBER.exec(this.#text);
    if (m === null)
      this.#fail(this.#at >= this.#text.length ? 'the input ended unexpectedly' : 'expected a value');
    this.#at = NUMBER.lastIndex;
    return new JsonNumber(scaledNumber(m[0]));
  }

  #array(depth: number): JsonValue[] {
    this.#at++;
    this.#space();
    const items: JsonValue[] = [];
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth + 1));
      const c = this.#text[this.#at++];
      if (c === ']') return items;
      if (c !== ',') {
        this.#at--;
        this.#fail('expected "," or "]"');
      }
    }
  }

  #object(depth: number): JsonObject {
    this.#at++;
    this.#space();
    const entries: [string, JsonValue][] = [];
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return jsonObject(entries);
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('expected a key');
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('expected ":"');
      this.#at++;
      entries.push([key, this.#value(depth + 1)]);
      const c = this.#text[this.#at++];
      if (c === '}') return jsonObject(entries);
      if (c !== ',') {
        this.#at--;
        this.#fail('expected "," or "}"');
      }
    }
  }

  #string(): string {
    this.#at++;
    let out = '';
    let escaped = false;
    for (;;) {
      PLAIN.lastIndex = this.#at;
      PLAIN.exec(this.#text);
      out += this.#text.slice(this.#at, PLAIN.lastIndex);
      this.#at = PLAIN.lastIndex;
      const c = this.#text[this.#at];
      if (c === '"') {
        this.#at++;
        if (escaped && LONE_SURROGATE.test(out)) this.#fail('unpaired surrogate');
        return out;
      }
      if (c !== '\\') this.#fail(c === undefined ? 'unterminated string' : 'unescaped control character');
      out += this.#escape();
      escaped = true;
    }
  }

  #escape(): string {
    const c = this.#text[this.#at + 1];
    if (c === 'u') {
      const hex = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail('"\\u" needs four hexadecimal digits');
      if (hex === '0000') this.#fail('\\u0000 cannot be converted to text');
      this.#at += 6;
      return String.fromCharCode(parseInt(hex, 16));
    }
    const at = c === undefined ? -1 : '"\\/bfnrt'.indexOf(c);
    if (at < 0) this.#fail('invalid escape');
    this.#at += 2;
    return '"\\/\b\f\n\r\t'[at]!;
  }
}

/** Parses JSON text exactly. Throws 22P02 (malformed), 22003 (number too long), 54000 (too deep). */
export function parseJson(text: string): JsonValue {
  return new Parser(text).document();
}

// oxlint-disable-next-line no-control-regex
const ESCAPED = /["\\\u0000-\u001f]/;
const SHORT: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Returns a string in quotes, as PostgreSQL's jsonb writes it. */
export function quoteJson(text: string): string {
  if (!ESCAPED.test(text)) return `"${text}"`;
  let out = '"';
  for (const c of text) {
    const short = SHORT[c];
    if (short !== undefined) out += short;
    else if (c < ' ') out += `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    else out += c;
  }
  return `${out}"`;
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Returns the text that PostgreSQL prints for a jsonb value. Numbers keep their trailing zeros. */
export function formatJson(value: JsonValue): string {
  return format(value, (text) => text);
}

function format(value: JsonValue, number: (text: string) => string): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quoteJson(value);
  if (value instanceof JsonNumber) return number(value.text);
  if (isJsonArray(value)) return `[${value.map((item) => format(item, number)).join(', ')}]`;
  const members: string[] = [];
  for (const [key, member] of value) members.push(`${quoteJson(key)}: ${format(member, number)}`);
  return `{${members.join(', ')}}`;
}

/** A zero that may be a trailing zero: after a point and digits, at the end of a number. */
const TRAILING_ZERO = /\.\d*0(?:[,\]}]|$)/;

/** Returns a jsonb datum with numbers as of {@link plainNumber}, so that equal documents have the same text. */
export function plainJson(datum: string): string {
  return TRAILING_ZERO.test(datum) ? format(parseJson(datum), plainNumber) : datum;
}

/** Returns the jsonb datum of a JSON text. Throws as {@link parseJson}. */
export function canonicalJson(text: string): string {
  return formatJson(parseJson(text));
}

/** Returns the name that jsonb gives to the type of a value. */
export function jsonTypeOf(value: JsonValue): 'null' | 'boolean' | 'string' | 'number' | 'array' | 'object' {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if (value instanceof JsonNumber) return 'number';
  return isJsonArray(value) ? 'array' : 'object';
}
