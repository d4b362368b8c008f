import type { Span } from '../../plan/expr.ts';
import { failure } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import { lexemeAt } from './lexeme.ts';
import type { Lexeme } from './lexeme.ts';

/** Values of `${NAME}`, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A replaced reference: `[start, end)` of the text came from `[from, to)` of the original. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
  /** False if the reference has no value. */
  readonly found: boolean;
  /** Whether it stands outside strings and quoted names, where a NULL put in its place may be of the wrong type. */
  readonly bare: boolean;
}

/** A file's text with `${NAME}` replaced. Offsets into `text` map back to the original that the user wrote. */
export class SourceText {
  readonly file: string;
  readonly original: string;
  readonly text: string;
  readonly #replacements: readonly Replacement[];
  readonly #missing: readonly Replacement[];

  constructor(file: string, original: string, text: string, replacements: readonly Replacement[]) {
    this.file = file;
    this.original = original;
    this.text = text;
    this.#replacements = replacements;
    this.#missing = replacements.filter((r) => !r.found);
  }

  /** Returns whether `[start, end)` of `text` holds a reference without a value, outside strings and quoted names. */
  hasBareHole(start: number, end: number): boolean {
    return this.#missing.some((r) => r.bare && r.start >= start && r.end <= end);
  }

  /** Spans of the references without a value. An error found there is a consequence of the missing value. */
  get holes(): readonly Span[] {
    return this.#missing.map((r) => ({ file: this.file, start: r.from, end: r.to }));
  }

  /** Returns the span in the original of `[start, end)` of `text`. */
  span(start: number, end: number): Span {
    return {
      file: this.file,
      start: this.#originalOffset(start, 'from'),
      end: this.#originalOffset(end, 'to'),
    };
  }

  #originalOffset(offset: number, side: 'from' | 'to'): number {
    const at = (r: Replacement): boolean => r.start < offset || (r.start === offset && side === 'from');
    let low = 0;
    let high = this.#replacements.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(this.#replacements[middle]!)) low = middle + 1;
      else high = middle;
    }
    const r = this.#replacements[low - 1];
    if (r === undefined) return offset;
    if (offset < r.end || (offset === r.end && side === 'to')) return side === 'from' ? r.from : r.to;
    return offset + r.to - r.end;
  }
}

/** Inside a string or a quoted name, stands for the text `${`. */
const ESCAPED = '$${';
const ESCAPE_HINT = '; for the text ${ itself, write $${';
const REFERENCE = /\$\{([^}\n]*)\}?/y;
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Replaces `${NAME}` and `${NAME:-default}` with values from `env`, except in comments. In a string or a quoted name,
 * `$${` stands for the text `${`. A value inside a string or a quoted name cannot end it: its quotes and escapes are
 * doubled, and a value that would end a dollar-quoted string is reported. Elsewhere a value is inserted as SQL. A
 * missing variable is reported and replaced with NULL (inside a string, the reference stays), so that the rest of the
 * file can be checked.
 */
export function substitute(file: string, original: string, env: Environment, reporter: Reporter): SourceText {
  if (!original.includes('${')) return new SourceText(file, original, original, []);
  let text = '';
  const replacements: Replacement[] = [];
  let inside: Lexeme | undefined;
  let tag = '';
  for (let i = 0; i < original.length;) {
    if (inside !== undefined && i >= inside.end) inside = undefined;
    if (inside === undefined) {
      inside = lexemeAt(original, i);
      if (inside?.kind === 'line comment' || inside?.kind === 'block comment') {
        text += original.slice(i, inside.end);
        i = inside.end;
        continue;
      }
      if (inside?.kind === 'dollar string') {
        const tagEnd = original.indexOf('$', i + 1) + 1;
        tag = original.slice(i, tagEnd);
        text += tag;
        i = tagEnd;
        continue;
      }
    }
    if (inside !== undefined && original.startsWith(ESCAPED, i)) {
      const start = text.length;
      text += '${';
      const to = i + ESCAPED.length;
      replacements.push({ start, end: text.length, from: i, to, found: true, bare: false });
      i = to;
      continue;
    }
    if (original[i] !== '$' || original[i + 1] !== '{') {
      text += original[i++];
      continue;
    }
    REFERENCE.lastIndex = i;
    const reference = REFERENCE.exec(original)![0];
    const value = reporter.attempt(() =>
      valueOf(reference, env, { inside, tag, span: { file, start: i, end: i + reference.length } }),
    );
    const start = text.length;
    const bare = inside === undefined;
    text += value ?? (bare ? 'NULL' : reference);
    replacements.push({
      start,
      end: text.length,
      from: i,
      to: i + reference.length,
      found: value !== undefined,
      bare,
    });
    i += reference.length;
  }
  return new SourceText(file, original, text, replacements);
}

/** Where a reference stands. Inside a dollar-quoted string, `tag` is its delimiter. */
interface Place {
  readonly inside: Lexeme | undefined;
  readonly tag: string;
  readonly span: Span;
}

function valueOf(reference: string, env: Environment, { inside, tag, span }: Place): string {
  const parts = reference.endsWith('}') ? NAME.exec(reference.slice(2, -1)) : null;
  if (parts?.[2]?.includes('${') === true) {
    throw failure(
      '42601',
      'a default cannot hold another variable',
      span,
      'write plain text: ${NAME:-value}',
    );
  }
  if (parts === null) {
    throw failure(
      '42601',
      `"${reference}" is not a variable reference`,
      span,
      `write \${NAME} or \${NAME:-default}${inside === undefined ? '' : ESCAPE_HINT}`,
    );
  }
  const name = parts[1]!;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  const fallback = parts[2];
  // As in a shell, `:-` also replaces an empty value.
  if (fallback !== undefined && (value === undefined || value === '')) return fallback;
  if (value === undefined) {
    throw failure(
      '42P02',
      `environment variable "${name}" is not set`,
      span,
      `set ${name}, or give a default: \${${name}:-value}${inside === undefined ? '' : ESCAPE_HINT}`,
    );
  }
  switch (inside?.kind) {
    case 'string':
      return value.replaceAll("'", "''");
    case 'escape string':
    case 'unicode string':
      return value.replaceAll('\\', '\\\\').replaceAll("'", "''");
    case 'identifier':
      return value.replaceAll('"', '""');
    case 'unicode identifier':
      return value.replaceAll('\\', '\\\\').replaceAll('"', '""');
    case 'dollar string':
      if ((value + tag).indexOf(tag) === value.length) return value;
      throw failure(
        '22023',
        `the value of "${name}" holds ${tag}, or a part of it, and would end the string around it`,
        span,
        "write the string in single quotes, '...': quotes inside the value are then doubled",
      );
    default:
      return value;
  }
}
