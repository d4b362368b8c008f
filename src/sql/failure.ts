import type { Span } from '../plan/expr.ts';
import type { Diagnostic } from './diagnostic.ts';

/** SQLSTATEs that the front end raises, besides those of values (values/sql-error.ts). */
export const FRONT_END_STATES = [
  '42601', // syntax error
  '42703', // undefined column
  '42702', // ambiguous column
  '42P01', // undefined table
  '42712', // duplicate alias
  '42883', // undefined function
  '42725', // ambiguous function
  '42704', // undefined type or object
  '42804', // datatype mismatch
  '42846', // cannot cast
  '42803', // grouping error
  '42P20', // windowing error
  '42809', // wrong object type
  '42P10', // invalid column reference
  '42701', // duplicate column
  '42P07', // duplicate relation
  '42P16', // invalid table definition
  '42830', // invalid key
  '22021', // character not in repertoire
  '22023', // invalid parameter value
  '54000', // program limit exceeded
  '54001', // too deeply nested
  '0A000', // feature not supported
  '42P02', // undefined parameter: a missing environment variable
] as const;
export type FrontEndState = (typeof FRONT_END_STATES)[number];

/**
 * An error found while a statement is parsed or bound. It ends that statement, or the part of it that
 * {@link Reporter.attempt} runs; other statements go on.
 */
export class SqlFailure extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = 'SqlFailure';
    this.diagnostic = diagnostic;
  }
}

/** Ends a statement whose errors have been reported already, or that reads a relation whose definition failed. */
export class Abandoned extends Error {
  constructor() {
    super('abandoned');
    this.name = 'Abandoned';
  }
}

/** Hints by SQLSTATE, for failures that bring none of their own: every error says what to do next. */
const HINTS: Readonly<Record<string, string>> = {
  '42601': 'a comma, a bracket or a keyword may be missing before it',
  '42703': 'check the spelling, and that FROM names the relation it belongs to',
  '42702': 'qualify it with its relation: relation.column',
  '42P01': 'check the spelling, or create it in an earlier statement',
  '42712': 'give one of them another alias',
  '42809': 'leave DISTINCT, FILTER and ORDER BY to aggregates',
  '42883': 'check the name, and the number and types of the arguments',
  '42725': 'cast the arguments to the types you mean',
  '42704': 'check the spelling',
  '42804': 'cast it to the type that is expected: ...::TYPE',
  '42803': 'group by columns, or by expressions without aggregates and windows',
  '42701': 'rename or remove one of the two',
  '42P16': 'give each column one definition',
  '42830': 'choose other key columns',
  '22023': 'choose another value, or leave the option out',
  '42846': 'cast by way of VARCHAR, or compute the value: extract(...), date + days, CASE ...',
  '22012': 'guard it: x / NULLIF(y, 0)',
  '22003': 'use a wider type: BIGINT, NUMERIC or DOUBLE PRECISION',
  '22007': "write DATE '2026-03-15', TIMESTAMP '2026-03-15 12:00:00', INTERVAL '7 days'",
  '22008': "write DATE '2026-03-15', TIMESTAMP '2026-03-15 12:00:00', INTERVAL '7 days'",
  '22P02': 'write the value in the notation of the type, or cast the other side',
  '0A000': 'write it another way, or leave it out',
};
const LAST_HINT = 'correct the value';

/** Returns an error to throw. Without a `hint`, the general hint of its code is used. */
export function failure(
  code: FrontEndState | (string & {}),
  message: string,
  span: Span,
  hint?: string | undefined,
): SqlFailure {
  return new SqlFailure({ severity: 'error', code, message, hint: hint ?? HINTS[code] ?? LAST_HINT, span });
}

/** Returns a `0A000` error: a construct of PostgreSQL or RisingWave that is not supported yet. */
export function unsupported(construct: string, span: Span, hint?: string | undefined): SqlFailure {
  return failure('0A000', `${construct} is not supported yet`, span, hint);
}

/** Collects the diagnostics of a whole pipeline, so that one run reports as many as possible. */
export class Reporter {
  readonly #diagnostics: Diagnostic[] = [];
  #errors = 0;
  #holes: readonly Span[] = [];
  #isGuess = false;

  /** Drops later findings that overlap one of these spans: their cause has been reported already. */
  ignoreAt(holes: readonly Span[]): void {
    this.#holes = [...this.#holes, ...holes];
  }
  report(d: Diagnostic): void {
    const { file, start, end } = d.span;
    if (this.#isGuess && d.severity === 'warning') return;
    if (this.#holes.some((h) => h.file === file && h.start < end && start < h.end)) return;
    this.#diagnostics.push(d);
    if (d.severity === 'error') this.#errors++;
  }
  /** Runs `f` on a statement in which NULL replaces an unset variable, and drops its warnings as unreliable. */
  onGuess<T>(f: () => T): T {
    this.#isGuess = true;
    try {
      return f();
    } finally {
      this.#isGuess = false;
    }
  }
  warn(code: string, message: string, span: Span, hint?: string | undefined): void {
    this.report({ severity: 'warning', code, message, hint, span });
  }
  get errors(): number {
    return this.#errors;
  }
  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  /** Returns the result of `f`; undefined if it throws SqlFailure, which is reported, or Abandoned. */
  attempt<T>(f: () => T): T | undefined {
    try {
      return f();
    } catch (e) {
      if (e instanceof SqlFailure) {
        this.report(e.diagnostic);
        return undefined;
      }
      if (e instanceof Abandoned) return undefined;
      throw e;
    }
  }

  /** Returns the results of `work` on each item, and reports each failure. Throws Abandoned if an item failed. */
  all<T, R>(items: readonly T[], work: (item: T, index: number) => R): R[] {
    const results: R[] = [];
    let failed = false;
    items.forEach((item, i) => {
      let done = false;
      this.attempt(() => {
        results.push(work(item, i));
        done = true;
      });
      if (!done) failed = true;
    });
    if (failed) throw new Abandoned();
    return results;
  }
}
