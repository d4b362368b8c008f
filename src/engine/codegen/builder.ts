import { FreshetError } from '../../values/freshet-error.ts';

/**
 * Builds one function from generated code. No text of a user enters the code: identifiers come from
 * {@link CodeBuilder.fresh}, outside values are bound as closure constants ({@link CodeBuilder.bind}), and numbers are
 * written by {@link num}. (mysql2 twice had a remote code execution because it put option text into generated code.)
 */
export class CodeBuilder {
  readonly #lines: string[] = [];
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];
  readonly #bound = new Map<unknown, string>();
  #next = 0;

  /** Returns a new identifier. `prefix` is a literal in our code, never data. */
  fresh(prefix: string): string {
    if (!/^[a-zA-Z]+$/.test(prefix)) throw new Error(`bad identifier prefix '${prefix}'`);
    return `${prefix}${this.#next++}`;
  }

  /** Returns the name of a closure constant; the same value gets the same name. */
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

  get source(): string {
    return this.#lines.join('\n');
  }

  /**
   * Returns the function with the lines written so far as its body. `params` are identifiers of our own. Profilers show
   * `name`, in which characters other than letters and digits become `_`. Throws FreshetError
   * `code_generation_forbidden` in a process that forbids code generation.
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

/** The error of a process that may not compile code from text, as the engine does. */
function codeGenerationForbidden(cause: EvalError): FreshetError {
  return new FreshetError(
    'code_generation_forbidden',
    'this process forbids code generation, which the engine needs for its loops',
    { hint: 'start Node without --disallow-code-generation-from-strings', cause },
  );
}

/** Returns a number literal. Throws for NaN and infinities. */
export function num(x: number): string {
  if (!Number.isFinite(x)) throw new Error(`not a finite number: ${x}`);
  if (Object.is(x, -0)) return '0';
  return x < 0 ? `(${x})` : String(x);
}
