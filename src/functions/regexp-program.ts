import { isNullable, type ParsedRegexp, type RegexpNode } from './regexp-parse.ts';

/** Counted repetitions are written out, so a short pattern can ask for a very long program. */
const MAX_INSTRUCTIONS = 10_000;

/** An instruction of a {@link Program}. The next one follows unless the comment says otherwise. */
export type Instruction =
  | { readonly op: 'set'; readonly set: CharacterSet }
  | { readonly op: 'start' | 'end' | 'match' }
  /** Tries the next instruction first and `other` later; the other way round if `lazy`. */
  | { readonly op: 'split'; readonly index: number; other: number; readonly lazy: boolean }
  | { readonly op: 'jump'; readonly to: number }
  /** Saves the position. Even registers hold starts of groups, odd ones their ends, and later ones serve loops. */
  | { readonly op: 'save'; readonly register: number }
  /** Fails if the position equals that of the register. */
  | { readonly op: 'moved'; readonly register: number }
  /** Marks the groups in these registers as not matched. */
  | { readonly op: 'forget'; readonly from: number; readonly to: number }
  | { readonly op: 'ahead'; readonly negative: boolean; readonly program: Program }
  | { readonly op: 'behind'; readonly negative: boolean; readonly set: CharacterSet };

/** A regular expression compiled for MemoMatcher (regexp-matcher.ts). */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly splits: number;
  /** Number of registers of groups, where group 0 is the whole match. */
  readonly groupRegisters: number;
  readonly registers: number;
}

/** The characters that an atom of a JavaScript regular expression matches. */
class CharacterSet {
  /** By ASCII character: 1 if it is a member, 2 if not, 0 if not known yet. */
  readonly #known = new Uint8Array(128);
  readonly #expression: RegExp;

  constructor(atom: string, flags: string) {
    this.#expression = new RegExp(`^${atom}$`, flags);
  }

  has(codePoint: number): boolean {
    if (codePoint >= 128) return this.#expression.test(String.fromCodePoint(codePoint));
    const known = this.#known[codePoint]!;
    if (known !== 0) return known === 1;
    const is = this.#expression.test(String.fromCharCode(codePoint));
    this.#known[codePoint] = is ? 1 : 2;
    return is;
  }
}

/**
 * Thrown for a pattern without a program: one with a back reference, a lookbehind of more than one character, a group
 * in a lookaround, or too many instructions.
 */
const NONE = Symbol('none');

class Builder {
  readonly instructions: Instruction[] = [];
  splits = 0;
  registers: number;
  readonly #sets: Map<string, CharacterSet>;
  readonly #flags: string;

  constructor(registers: number, flags: string, sets: Map<string, CharacterSet>) {
    this.registers = registers;
    this.#flags = flags;
    this.#sets = sets;
  }

  add(node: RegexpNode): void {
    switch (node.kind) {
      case 'set':
        return this.#output({ op: 'set', set: this.#set(node.text) });
      case 'start':
      case 'end':
        return this.#output({ op: node.kind });
      case 'sequence':
        for (const item of node.items) this.add(item);
        return;
      case 'choice':
        return this.#choice(node.items);
      case 'group':
        this.#output({ op: 'save', register: node.index * 2 });
        this.add(node.body);
        return this.#output({ op: 'save', register: node.index * 2 + 1 });
      case 'repeat':
        return this.#repeat(node);
      case 'look':
        return this.#look(node);
      case 'back':
        throw NONE;
    }
  }

  finish(groupRegisters: number): Program {
    this.#output({ op: 'match' });
    const { instructions, splits, registers } = this;
    return { instructions, splits, groupRegisters, registers };
  }

  #output(instruction: Instruction): void {
    if (this.instructions.length >= MAX_INSTRUCTIONS) throw NONE;
    this.instructions.push(instruction);
  }

  #set(atom: string): CharacterSet {
    let set = this.#sets.get(atom);
    if (set === undefined) {
      set = new CharacterSet(atom, this.#flags);
      this.#sets.set(atom, set);
    }
    return set;
  }

  #split(lazy: boolean): Extract<Instruction, { op: 'split' }> {
    const split = { op: 'split' as const, index: this.splits++, other: 0, lazy };
    this.#output(split);
    return split;
  }

  #choice(items: readonly RegexpNode[]): void {
    const jumps: { op: 'jump'; to: number }[] = [];
    items.forEach((item, i) => {
      const split = i < items.length - 1 ? this.#split(false) : undefined;
      this.add(item);
      if (split === undefined) return;
      const jump = { op: 'jump' as const, to: 0 };
      jumps.push(jump);
      this.#output(jump);
      split.other = this.instructions.length;
    });
    for (const jump of jumps) jump.to = this.instructions.length;
  }

  #repeat({ body, min, max, lazy }: Extract<RegexpNode, { kind: 'repeat' }>): void {
    const groups = groupsOf(body);
    const once = (): void => {
      if (groups !== undefined)
        this.#output({ op: 'forget', from: groups.first * 2, to: groups.last * 2 + 1 });
      this.add(body);
    };
    for (let i = 0; i < min; i++) once();
    if (max === Infinity) {
      const loop = this.instructions.length;
      const split = this.#split(lazy);
      once();
      this.#output({ op: 'jump', to: loop });
      split.other = this.instructions.length;
      return;
    }
    // As in RegExp, an optional repetition must not match the empty text. An endless loop ends at its own split, which
    // is marked; repetitions that are written out compare positions.
    const register = max > min && isNullable(body) ? this.registers++ : undefined;
    const splits = [];
    for (let i = min; i < max; i++) {
      splits.push(this.#split(lazy));
      if (register !== undefined) this.#output({ op: 'save', register });
      once();
      if (register !== undefined) this.#output({ op: 'moved', register });
    }
    for (const split of splits) split.other = this.instructions.length;
  }

  #look({ ahead, negative, body }: Extract<RegexpNode, { kind: 'look' }>): void {
    if (groupsOf(body) !== undefined) throw NONE;
    if (ahead) {
      const inner = new Builder(0, this.#flags, this.#sets);
      inner.add(body);
      return this.#output({ op: 'ahead', negative, program: inner.finish(0) });
    }
    if (body.kind !== 'set') throw NONE;
    this.#output({ op: 'behind', negative, set: this.#set(body.text) });
  }
}

function groupsOf(node: RegexpNode): { readonly first: number; readonly last: number } | undefined {
  switch (node.kind) {
    case 'group': {
      const inner = groupsOf(node.body);
      return { first: node.index, last: inner?.last ?? node.index };
    }
    case 'sequence':
    case 'choice': {
      const found = node.items.map(groupsOf).filter((groups) => groups !== undefined);
      return found.length === 0 ? undefined : { first: found[0]!.first, last: found.at(-1)!.last };
    }
    case 'repeat':
    case 'look':
      return groupsOf(node.body);
    default:
      return undefined;
  }
}

/** Returns the program of a regular expression with JavaScript's flags `i`, `s` and `u`; undefined if it has none. */
export function compileRegexp({ root, groups }: ParsedRegexp, flags: string): Program | undefined {
  const groupRegisters = (groups + 1) * 2;
  const builder = new Builder(groupRegisters, flags.replace('g', ''), new Map());
  try {
    builder.add(root);
    return builder.finish(groupRegisters);
  } catch (error) {
    if (error === NONE) return undefined;
    throw error;
  }
}
