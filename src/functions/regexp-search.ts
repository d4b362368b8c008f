import { SqlValueError } from '../values/sql-error.ts';
import { backtrackingSteps } from './regexp-cost.ts';
import { MemoMatcher, TooManySteps, type RegexpMatch } from './regexp-matcher.ts';
import { parseRegexp, type ParsedRegexp } from './regexp-parse.ts';
import { translatePattern } from './regexp-pattern.ts';
import { compileRegexp, type Program } from './regexp-program.ts';

const MAX_TEXT = 100_000;
/** RegExp searches if no text of that length can take it more steps than this, which are some milliseconds. */
const MAX_BACKTRACKING_STEPS = 5_000_000;
/** The limit of MemoMatcher, whose steps are slower: some tens of milliseconds. */
const MAX_MEMO_STEPS = 700_000;
const MAX_CACHED = 256;

/**
 * A regular expression that finds its matches with bounded work. If a backtracking engine could take too long on a text
 * of that length, {@link MemoMatcher} searches instead.
 */
export class RegexpSearch {
  readonly #expression: RegExp;
  readonly #parsed: ParsedRegexp;
  /** The longest text so far for which backtracking is cheap enough, and the shortest for which it is not. */
  #cheapLength = -1;
  #dearLength = Infinity;
  #program: Program | undefined | null = null;

  private constructor(expression: RegExp) {
    this.#expression = expression;
    this.#parsed = parseRegexp(expression.source);
  }

  static readonly #compiled = new Map<string, RegexpSearch>();

  /**
   * Returns the search of a PostgreSQL pattern. `flags` are JavaScript's `i`, `s` and `m`, except that only a line feed
   * ends a line. Throws 2201B for an invalid pattern, 54000 for a pattern that is too long, and 0A000 for what is not
   * supported.
   */
  static of(pattern: string, flags: string): RegexpSearch {
    const key = `${flags}/${pattern}`;
    let found = RegexpSearch.#compiled.get(key);
    if (found === undefined) {
      let expression: RegExp;
      const lines = { within: !flags.includes('s'), atEnds: flags.includes('m') };
      const source = translatePattern(pattern, lines);
      try {
        expression = new RegExp(source, flags.includes('i') ? 'gius' : 'gus');
      } catch {
        throw new SqlValueError('2201B', `invalid regular expression: ${JSON.stringify(pattern)}`);
      }
      found = new RegexpSearch(expression);
      if (RegexpSearch.#compiled.size >= MAX_CACHED) RegexpSearch.#compiled.clear();
      RegexpSearch.#compiled.set(key, found);
    }
    return found;
  }

  test(text: string): boolean {
    if (!this.#isCheap(text)) return this.first(text) !== undefined;
    this.#expression.lastIndex = 0;
    return this.#expression.test(text);
  }

  first(text: string): RegexpMatch | undefined {
    return this.all(text).next().value ?? undefined;
  }

  /** Yields every match in order; matches do not overlap. Throws 54000 for a text that is too long for the pattern. */
  *all(text: string): Generator<RegexpMatch, undefined> {
    if (this.#isCheap(text)) {
      this.#expression.lastIndex = 0;
      for (const m of text.matchAll(this.#expression)) yield { index: m.index, groups: m };
      return undefined;
    }
    try {
      const matcher = new MemoMatcher(this.#needProgram(), text, MAX_MEMO_STEPS);
      let from = 0;
      for (let m = matcher.exec(from); m !== undefined; m = matcher.exec(from)) {
        yield m;
        from = m.index + m.groups[0]!.length;
        if (m.groups[0] === '') from += (text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1;
      }
    } catch (error) {
      if (error instanceof TooManySteps) throw tooComplex();
      throw error;
    }
    return undefined;
  }

  /** Returns whether RegExp is fast on every text of this length. Throws 54000 for a text beyond the limit. */
  #isCheap({ length }: string): boolean {
    if (length <= this.#cheapLength) return true;
    if (length > MAX_TEXT) {
      throw new SqlValueError(
        '54000',
        `text too long for a regular expression (at most ${MAX_TEXT} characters)`,
      );
    }
    if (length >= this.#dearLength) return false;
    const isCheap = backtrackingSteps(this.#parsed.root, length) <= MAX_BACKTRACKING_STEPS;
    if (isCheap) this.#cheapLength = length;
    else this.#dearLength = length;
    return isCheap;
  }

  #needProgram(): Program {
    if (this.#program === null) this.#program = compileRegexp(this.#parsed, this.#expression.flags);
    if (this.#program === undefined) throw tooComplex();
    return this.#program;
  }
}

function tooComplex(): SqlValueError {
  return new SqlValueError('54000', 'regular expression takes too long on a text of this length');
}
