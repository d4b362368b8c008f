import type { RecordFault } from '../record-fault.ts';

/** Kinds of a JSON value, as {@link JsonReader.kind} holds them. */
export const STRING = 1;
export const NUMBER = 2;
export const TRUE = 3;
export const FALSE = 4;
export const NULL = 5;
export const OBJECT = 6;
export const ARRAY = 7;

export interface JsonFault {
  readonly reason: 'malformed' | 'too_deep';
  readonly message: string;
  /** Byte position in the buffer. */
  readonly at: number;
}

/**
 * A strict JSON reader (RFC 8259) over UTF-8 bytes. It validates and locates values without converting them, so numbers
 * keep all their digits. It alone defines what is well-formed: a generated scanner takes only records that this reader
 * takes too.
 *
 * Contract: reads no byte at or after `end`. A method that returns false has set `fault`; after that only `reset` may
 * be called.
 */
export class JsonReader {
  readonly #maxDepth: number;
  bytes: Uint8Array = new Uint8Array(0);
  pos = 0;
  end = 0;
  /** The value last read: its kind, and its bytes [valueStart, valueEnd), without the quotes of a string. */
  kind = 0;
  valueStart = 0;
  valueEnd = 0;
  /** True if the string last read contains a backslash. */
  escaped = false;
  fault: JsonFault | undefined;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
    this.fault = undefined;
  }

  /** Returns the fault, at its byte from the start of the record. */
  faultFrom(start: number): RecordFault {
    const { reason, message, at } = this.fault!;
    return { reason, message: `${message} at byte ${at - start}` };
  }

  /** Skips a UTF-8 byte order mark at the position. */
  skipByteOrderMark(): void {
    const { bytes, pos: p, end } = this;
    if (p + 3 <= end && bytes[p] === 0xef && bytes[p + 1] === 0xbb && bytes[p + 2] === 0xbf) this.pos += 3;
  }

  /** Skips white space. Returns the byte at the position, or -1 at the end. */
  peek(): number {
    const { bytes, end } = this;
    let p = this.pos;
    let c = -1;
    for (; p < end; p++) {
      c = bytes[p]!;
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
    }
    this.pos = p;
    return p < end ? c : -1;
  }

  /** Skips white space and reads the byte `expected`, which the fault names as `what`. */
  take(expected: number, what: string): boolean {
    if (this.peek() !== expected) return this.#unexpected(what);
    this.pos++;
    return true;
  }

  /** Skips white space and reads any value; `depth` is the number of containers around it. */
  value(depth: number): boolean {
    const c = this.peek();
    switch (c) {
      case 34:
        return this.string();
      case 123:
        return this.#container(depth, OBJECT);
      case 91:
        return this.#container(depth, ARRAY);
      case 116:
        return this.#word('true', TRUE);
      case 102:
        return this.#word('false', FALSE);
      case 110:
        return this.#word('null', NULL);
      default:
        if (c === 45 || (c >= 48 && c <= 57)) return this.#number();
        return this.#unexpected('a value');
    }
  }

  /** Reads the string at the position, where its opening quote must be. */
  string(): boolean {
    const { bytes, end } = this;
    const start = this.pos + 1;
    let p = start;
    let escaped = false;
    while (p < end) {
      const c = bytes[p]!;
      if (c === 34) {
        this.kind = STRING;
        this.valueStart = start;
        this.valueEnd = p;
        this.escaped = escaped;
        this.pos = p + 1;
        return true;
      }
      if (c === 92) {
        escaped = true;
        const length = escapeLength(bytes, p, end);
        if (length === 0) return this.#fail('malformed', 'invalid escape in a string', p);
        p += length;
      } else if (c < 32) {
        return this.#fail('malformed', 'control character in a string', p);
      } else if (c < 128) {
        p++;
      } else {
        const length = utf8Length(bytes, p, end);
        if (length === 0) return this.#fail('malformed', 'invalid UTF-8', p);
        p += length;
      }
    }
    return this.#fail('malformed', 'unterminated string', end);
  }

  /** Skips white space and reads a string. */
  key(): boolean {
    return this.peek() === 34 ? this.string() : this.#unexpected('a key');
  }

  /** Skips white space. Returns true at the end. */
  finish(): boolean {
    return this.peek() === -1 ? true : this.#unexpected('the end');
  }

  /** Selects a value that was read before. */
  select(kind: number, valueStart: number, valueEnd: number, escaped: boolean): void {
    this.kind = kind;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    this.escaped = escaped;
  }

  /** Returns the text of the string last read or selected, with its escapes resolved. */
  text(): string {
    return this.escaped
      ? (JSON.parse(utf8Text(this.bytes, this.valueStart - 1, this.valueEnd + 1)) as string)
      : utf8Text(this.bytes, this.valueStart, this.valueEnd);
  }

  #container(depth: number, kind: number): boolean {
    const start = this.pos;
    if (depth >= this.#maxDepth) {
      return this.#fail('too_deep', `nested deeper than ${this.#maxDepth} levels`, start);
    }
    const close = kind === OBJECT ? 125 : 93;
    this.pos++;
    if (this.peek() === close) {
      this.pos++;
    } else {
      for (;;) {
        if (kind === OBJECT && (!this.key() || !this.take(58, '":"'))) return false;
        if (!this.value(depth + 1)) return false;
        const c = this.peek();
        if (c === close) {
          this.pos++;
          break;
        }
        if (c !== 44) return this.#unexpected(kind === OBJECT ? '"," or "}"' : '"," or "]"');
        this.pos++;
      }
    }
    this.kind = kind;
    this.valueStart = start;
    this.valueEnd = this.pos;
    return true;
  }

  #number(): boolean {
    const { bytes, end } = this;
    const start = this.pos;
    let p = start;
    if (bytes[p] === 45) p++;
    const first = p;
    while (p < end && isDigit(bytes[p]!)) p++;
    if (p === first) return this.#fail('malformed', 'invalid number', p);
    if (bytes[first] === 48 && p - first > 1)
      return this.#fail('malformed', 'number with a leading zero', first);
    if (p < end && bytes[p] === 46) {
      const fraction = ++p;
      while (p < end && isDigit(bytes[p]!)) p++;
      if (p === fraction) return this.#fail('malformed', 'invalid number', p);
    }
    if (p < end && (bytes[p]! | 32) === 101) {
      p++;
      if (p < end && (bytes[p] === 43 || bytes[p] === 45)) p++;
      const exponent = p;
      while (p < end && isDigit(bytes[p]!)) p++;
      if (p === exponent) return this.#fail('malformed', 'invalid number', p);
    }
    this.kind = NUMBER;
    this.valueStart = start;
    this.valueEnd = p;
    this.pos = p;
    return true;
  }

  #word(word: string, kind: number): boolean {
    const start = this.pos;
    if (start + word.length > this.end) return this.#unexpected('a value');
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[start + i] !== word.charCodeAt(i)) return this.#unexpected('a value');
    }
    this.kind = kind;
    this.valueStart = start;
    this.pos = this.valueEnd = start + word.length;
    return true;
  }

  #unexpected(expected: string): boolean {
    const at = this.pos;
    const got = at >= this.end ? 'the end' : describeByte(this.bytes[at]!);
    return this.#fail('malformed', `expected ${expected}, got ${got}`, at);
  }

  #fail(reason: JsonFault['reason'], message: string, at: number): boolean {
    this.fault = { reason, message, at };
    return false;
  }
}

/** Decodes bytes that are known to be valid UTF-8. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** Returns the length of the UTF-8 sequence at `p`, or 0 if it is invalid, as overlong forms and surrogates are. */
function utf8Length(bytes: Uint8Array, p: number, end: number): number {
  const a = bytes[p]!;
  if (a < 0x80) return 1;
  if (a < 0xc2 || a > 0xf4) return 0;
  const length = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
  if (p + length > end) return 0;
  const b = bytes[p + 1]!;
  const low = a === 0xe0 ? 0xa0 : a === 0xf0 ? 0x90 : 0x80;
  const high = a === 0xed ? 0x9f : a === 0xf4 ? 0x8f : 0xbf;
  if (b < low || b > high) return 0;
  for (let i = 2; i < length; i++) if ((bytes[p + i]! & 0xc0) !== 0x80) return 0;
  return length;
}

/**
 * Returns the length of the escape at `p`, or 0 if it is invalid. Half a surrogate pair is valid, as in RFC 8259;
 * code that needs the text must check for it.
 */
function escapeLength(bytes: Uint8Array, p: number, end: number): number {
  if (p + 1 >= end) return 0;
  switch (bytes[p + 1]) {
    case 34: // "
    case 47: // /
    case 92: // \
    case 98: // b
    case 102: // f
    case 110: // n
    case 114: // r
    case 116: // t
      return 2;
    case 117: // u
      return hex4(bytes, p + 2, end) < 0 ? 0 : 6;
    default:
      return 0;
  }
}

function hex4(bytes: Uint8Array, p: number, end: number): number {
  if (p + 4 > end) return -1;
  let unit = 0;
  for (let i = 0; i < 4; i++) {
    const c = bytes[p + i]!;
    const digit = isDigit(c) ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function describeByte(c: number): string {
  if (c === 34) return "'\"'";
  if (c > 32 && c < 127) return `"${String.fromCharCode(c)}"`;
  return `byte 0x${c.toString(16).padStart(2, '0')}`;
}
