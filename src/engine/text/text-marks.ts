import type { Column } from '../column.ts';
import type { TextTable } from './text-table.ts';

const THERE = 1;
const HELD = 2;

/** Implemented by code that keeps text ids over calls into the engine. */
export interface TextHolder {
  /** Marks each text that it holds. Unmarked ids may stand for other texts after the sweep. */
  markTexts(marks: TextMarks): void;
}

/** The texts of a pool that are referred to, which {@link StringPool.sweep} keeps. */
export class TextMarks {
  /** By id. */
  readonly #states: Uint8Array;

  constructor(texts: Pick<TextTable, 'end' | 'has'>) {
    this.#states = new Uint8Array(texts.end);
    for (let id = 0; id < texts.end; id++) if (texts.has(id)) this.#states[id] = THERE;
  }

  isHeld(id: number): boolean {
    return this.#states[id] === HELD;
  }

  /** Marks a text. Throws for an id that stands for no text: the state that holds the id is damaged. */
  mark(id: number): void {
    const state = this.#states[id];
    if (state === THERE) this.#states[id] = HELD;
    else if (state !== HELD) throw new Error(`the state refers to text ${id}, which does not exist`);
  }

  /** Marks the first `n` values of a column if it is a column of texts. */
  column(column: Column, n: number): void {
    if (column.layout !== 'str') return;
    const { nulls, v } = column;
    for (let i = 0; i < n; i++) if (nulls[i] === 0) this.mark(v[i] as number);
  }
  columns(columns: readonly Column[], n: number): void {
    for (const column of columns) this.column(column, n);
  }

  /** Marks one value of a column if it is a column of texts. */
  value(column: Column, i: number): void {
    if (column.layout === 'str' && column.nulls[i] === 0) this.mark(column.v[i] as number);
  }
}
