import type { DecodeProblem } from './decoder.ts';

/** A value that cannot be read as its column's type, and why. The column becomes NULL. */
export class Misfit {
  readonly reason: Extract<DecodeProblem['reason'], 'wrong_type' | 'out_of_range'>;
  readonly message: string;
  constructor(reason: Misfit['reason'], message: string) {
    this.reason = reason;
    this.message = message;
  }
}

/** Returns text from a record as messages show it: quoted, escaped, and cut to 40 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
