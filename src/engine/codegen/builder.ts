import { FreshetError } from '../../values/freshet-error.ts';

/**
 * Builds one function from generated code, without ever pasting a user's text into it: identifiers come from
 * {@link CodeBuilder.fresh}, values from outside are bound as closure constants ({@link CodeBuilder.bind}), and
 * numbers pass {@link num}. (mysql2 had remote code execution twice by concatenating option text into generated
 * code.)
 */
export class CodeBuilder {
  readonly #lines: string[] = [];
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];
  readonly #bound = new Map<unknown, string>();
  #next = 0;

  /** A new identifier. `prefix` is a literal of ours, never data. */
  fresh(prefix: string): string {
    if (!/^[a-zA-Z]+$/.test(prefix)) throw new Error(`bad identifier prefix '${prefix}'`);
    return `${prefix}${this.#next++}`;
  }

  /** A closure constant; the same value gets the same name. */
  bind(value: unknown): string {
    const known = this.#bound.get(value);
    if (known !== undefined) return known;
    const name = this.fresh('k');
    this.#names.push(name);
    this.#values.push(value);
    this.#bound.set(value, name);
    return name;
  }

  line(code: string): void {
    this.#lines.push(code);
  }

  /** Takes out what `f` writes, as text, to be placed elsewhere. */
  capture(f: () => void): string {
    const start = this.#lines.length;
    f();
    return this.#lines.splice(start).join('\n');
  }

  get source(): string {
    return this.#lines.join('\n');
  }

  /**
   * `params` are identifiers of ours. The body is what was written so far. `name` is what profiles show; what
   * is not a letter or digit in it becomes `_`.
   */
  build<T>(name: string, params: readonly string[]): T {
    const shown = name.replace(/[^a-zA-Z0-9]+/g, '_');
    const text = `"use strict";return function ${shown}(${params.join(',')}){\n${this.source}\n}`;
    return generated(this.#names, text)(...this.#values) as T;
  }
}

function generated(names: readonly string[], text: string): (...values: unknown[]) => unknown {
  try {
    return new Function(...names, text) as (...values: unknown[]) => unknown;
  } catch (error) {
    throw error instanceof EvalError ? codeGenerationForbidden(error) : error;
  }
}

/** The process may not make code out of text, which is what the engine's loops are. */
function codeGenerationForbidden(cause: EvalError): FreshetError {
  return new FreshetError(
    'code_generation_forbidden',
    'this process may not generate code, and the loops of the engine are generated',
    { hint: 'start it without --disallow-code-generation-from-strings', cause },
  );
}

/** A number literal. */
export function num(x: number): string {
  if (!Number.isFinite(x)) throw new Error(`not a finite number: ${x}`);
  if (Object.is(x, -0)) return '0';
  return x < 0 ? `(${x})` : String(x);
}
