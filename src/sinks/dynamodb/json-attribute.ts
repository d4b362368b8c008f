import { plainNumber } from '../../values/json-number.ts';
import { ItemError } from './item-error.ts';
import { checkedNumberText } from './number-text.ts';

/** DynamoDB's limit on nested lists and maps. DynamoDB Local also counts the item itself and so refuses 32. */
export const MAX_DEPTH = 32;

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Converts JSON text to the wire text of a DynamoDB value: objects become M, arrays L, strings S, and numbers N without
 * trailing zeros. Numbers beyond 2^53 stay exact, and string escapes are copied, because the wire format is JSON too.
 *
 * `json` must be valid, as a jsonb datum is. Throws ItemError for numbers, depths and names that DynamoDB cannot hold.
 */
export function jsonToAttribute(json: string, depth = 0): string {
  return new Transcoder(json).value(depth);
}

class Transcoder {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): string {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return `{"M":{${this.#members(depth + 1)}}}`;
      case '[':
        return `{"L":[${this.#elements(depth + 1)}]}`;
      case '"':
        return `{"S":${this.#string()}}`;
      case 't':
        this.#at += 4;
        return '{"BOOL":true}';
      case 'f':
        this.#at += 5;
        return '{"BOOL":false}';
      case 'n':
        this.#at += 4;
        return '{"NULL":true}';
      default:
        return `{"N":"${checkedNumberText(plainNumber(this.#number()))}"}`;
    }
  }

  #members(depth: number): string {
    checkDepth(depth);
    this.#at++;
    let out = '';
    for (;;) {
      this.#skipSpace();
      const c = this.#text[this.#at];
      if (c === '}') break;
      if (c === ',') {
        this.#at++;
        this.#skipSpace();
      }
      const name = this.#string();
      if (name === '""')
        throw new ItemError('empty_name', 'a JSON object has an empty key, which DynamoDB does not allow');
      this.#skipSpace();
      this.#at++; // the colon
      out += `${out === '' ? '' : ','}${name}:${this.value(depth)}`;
    }
    this.#at++;
    return out;
  }

  #elements(depth: number): string {
    checkDepth(depth);
    this.#at++;
    let out = '';
    for (;;) {
      this.#skipSpace();
      const c = this.#text[this.#at];
      if (c === ']') break;
      if (c === ',') this.#at++;
      out += `${out === '' ? '' : ','}${this.value(depth)}`;
    }
    this.#at++;
    return out;
  }

  /** Reads a string, with its quotes and escapes. */
  #string(): string {
    const start = this.#at++;
    for (;;) {
      const c = this.#text.charCodeAt(this.#at++);
      if (c === QUOTE) return this.#text.slice(start, this.#at);
      if (c === BACKSLASH) this.#at++;
      if (Number.isNaN(c)) throw new Error('unterminated string in a jsonb value');
    }
  }

  #number(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && '+-.0123456789eE'.includes(this.#text[this.#at]!)) this.#at++;
    if (this.#at === start) throw new Error('a jsonb value is not valid JSON');
    return this.#text.slice(start, this.#at);
  }

  #skipSpace(): void {
    while (this.#text.charCodeAt(this.#at) <= 32) this.#at++;
  }
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH)
    throw new ItemError('too_deep', `nested deeper than DynamoDB's limit of ${MAX_DEPTH} levels`);
}
