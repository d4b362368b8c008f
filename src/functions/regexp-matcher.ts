import type { Program } from './regexp-program.ts';

/** A search needs more steps than it may take. */
export class TooManySteps extends Error {}

/** A match, as of RegExp: its index in the text; then the whole match and its groups. */
export interface RegexpMatch {
  readonly index: number;
  readonly groups: readonly (string | undefined)[];
}

/**
 * Runs a program on one text, with the results of RegExp, in time proportional to text length times program length. It
 * tries the same ways in the same order as a backtracking engine, but none twice: from an instruction at a position of
 * the text the outcome is always the same, so an attempt that failed once is not repeated. The one exception is a loop
 * whose body can match nothing. There another way may come first, since an attempt in progress counts as failed.
 *
 * Only splits are remembered, since there is a single way from one split to the next.
 */
export class MemoMatcher {
  readonly #program: Program;
  readonly #text: string;
  readonly #visited: Uint32Array;
  readonly #rowWords: number;
  readonly #registers: Int32Array;
  #stepsLeft: number;

  /** Throws TooManySteps, here or in a search, if more than `maxSteps` are needed in all. */
  constructor(program: Program, text: string, maxSteps: number) {
    this.#program = program;
    this.#text = text;
    this.#stepsLeft = maxSteps;
    this.#rowWords = (program.splits + 31) >>> 5;
    const words = this.#rowWords * (text.length + 1);
    if (words > maxSteps) throw new TooManySteps();
    this.#visited = new Uint32Array(words);
    this.#registers = new Int32Array(program.registers).fill(-1);
  }

  /** Returns the first match at or after `from`, which must not decrease from call to call. */
  exec(from: number): RegexpMatch | undefined {
    for (let start = from; start <= this.#text.length; start += this.#width(start)) {
      const registers = this.#registers.fill(-1);
      const end = this.#run(this.#program, start, registers, (index, at) => this.#visit(index, at));
      if (end < 0) continue;
      // The attempts that led to the match, which ends here, have not failed.
      this.#visited.fill(0, end * this.#rowWords, (end + 1) * this.#rowWords);
      const groups: (string | undefined)[] = [this.#text.slice(start, end)];
      for (let r = 2; r < this.#program.groupRegisters; r += 2) {
        const ended = registers[r + 1]!;
        groups.push(ended < 0 ? undefined : this.#text.slice(registers[r], ended));
      }
      return { index: start, groups };
    }
    return undefined;
  }

  /** Marks a split at a position of the text. Returns true the first time. */
  #visit(index: number, at: number): boolean {
    const word = at * this.#rowWords + (index >>> 5);
    const bit = 1 << (index & 31);
    const bits = this.#visited[word]!;
    this.#visited[word] = bits | bit;
    return (bits & bit) === 0;
  }

  #width(at: number): number {
    return this.#text.codePointAt(at)! > 0xffff ? 2 : 1;
  }

  /** Returns where a match from `start` ends; -1 if there is none. */
  #run(
    program: Program,
    start: number,
    registers: Int32Array,
    visit: (index: number, at: number) => boolean,
  ): number {
    const { instructions } = program;
    const text = this.#text;
    // Pairs: an instruction and a position to resume at, or ~register and the value to restore.
    const stack: number[] = [];
    let pc = 0;
    let at = start;
    for (;;) {
      if (--this.#stepsLeft < 0) throw new TooManySteps();
      const i = instructions[pc]!;
      let fails = false;
      switch (i.op) {
        case 'set': {
          const c = at < text.length ? text.codePointAt(at)! : -1;
          fails = c < 0 || !i.set.has(c);
          if (!fails) at += c > 0xffff ? 2 : 1;
          break;
        }
        case 'split':
          fails = !visit(i.index, at);
          if (fails) break;
          stack.push(i.lazy ? pc + 1 : i.other, at);
          if (i.lazy) pc = i.other - 1;
          break;
        case 'jump':
          pc = i.to - 1;
          break;
        case 'save':
          stack.push(~i.register, registers[i.register]!);
          registers[i.register] = at;
          break;
        case 'forget':
          for (let r = i.from; r <= i.to; r++) stack.push(~r, registers[r]!);
          registers.fill(-1, i.from, i.to + 1);
          break;
        case 'moved':
          fails = registers[i.register] === at;
          break;
        case 'start':
          fails = at !== 0;
          break;
        case 'end':
          fails = at !== text.length;
          break;
        case 'ahead':
          fails = this.#matchesAt(i.program, at) === i.negative;
          break;
        case 'behind':
          fails = hasBefore(i.set, text, at) === i.negative;
          break;
        case 'match':
          return at;
      }
      if (!fails) {
        pc++;
        continue;
      }
      do {
        if (stack.length === 0) return -1;
        at = stack.pop()!;
        pc = stack.pop()!;
        if (pc < 0) registers[~pc] = at;
      } while (pc < 0);
    }
  }

  /** Returns whether the program of a lookahead matches at a position. */
  #matchesAt(program: Program, at: number): boolean {
    const seen = new Set<number>();
    const end = this.#run(program, at, new Int32Array(program.registers), (index, position) => {
      this.#stepsLeft -= 4; // a Set costs as much as some steps more
      const key = position * program.splits + index;
      return !seen.has(key) && seen.add(key) !== undefined;
    });
    return end >= 0;
  }
}

/** Returns whether the character before `at` is in the set. */
function hasBefore(set: { has(c: number): boolean }, text: string, at: number): boolean {
  const c = before(text, at);
  return c >= 0 && set.has(c);
}

/** Returns the character before `at`; -1 at the beginning. */
function before(text: string, at: number): number {
  if (at === 0) return -1;
  const c = text.charCodeAt(at - 1);
  const isPair = c >= 0xdc00 && c < 0xe000 && at > 1 && text.codePointAt(at - 2)! > 0xffff;
  return isPair ? text.codePointAt(at - 2)! : c;
}
