import type { Column } from '../column.ts';
import type { TextTable } from './text-table.ts';

const THERE = 1;
const HELD = 2;

/** Who keeps ids of a pool's texts over calls into the engine. */
export interface TextHolder {
  /** Marks each text that it holds; ids of others may stand for other texts afterwards. */
  markTexts(marks: TextMarks): void;
}

/** Which texts of a pool someone refers to: what {@link StringPool.sweep} keeps. */
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

  /** Throws for an id that stands for no text: what holds it is damaged. */
  mark(id: number): void {
    const state = this.#states[id];
    if (state === THERE) this.#states[id] = HELD;
    else if (state !== HELD) throw new Error(`the state refers to a text that is not there (number ${id})`);
  }

  /** The first `n` values of a column, if it is one of texts. */
  column(column: Column, n: number): void {
    if (column.layout !== 'str') return;
    const { nulls, v } = column;
    for (let i = 0; i < n; i++) if (nulls[i] === 0) this.mark(v[i] as number);
  }
  columns(columns: readonly Column[], n: number): void {
    for (const column of columns) this.column(column, n);
  }

  /** One value of a column, if it is one of texts. */
  value(column: Column, i: number): void {
    if (column.layout === 'str' && column.nulls[i] === 0) this.mark(column.v[i] as number);
  }
}
