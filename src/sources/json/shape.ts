/**
 * The layout of a producer's records: the bytes between the values (keys, punctuation, white space) in order, and the
 * field that each value belongs to. Two records of one shape differ only in their values.
 */
export interface Shape {
  /** The bytes before each value and after the last: one literal more than there are members. */
  readonly literals: readonly Uint8Array[];
  /** For each member the index of its payload field, or -1 if no column takes it. */
  readonly fields: readonly number[];
}

/** A shape with more bytes or members gets no generated code. */
const MAX_LITERAL_BYTES = 8192;
const MAX_MEMBERS = 256;

/**
 * Notes where a record's values lie while the exact path reads it, so that its shape needs no second reading. Reused
 * for every record; allocates only in `shape`.
 */
export class ShapeRecorder {
  readonly #cuts = new Int32Array(2 * MAX_MEMBERS);
  readonly #fields = new Int32Array(MAX_MEMBERS);
  #members = 0;
  #literalBytes = 0;
  #from = 0;

  reset(start: number): void {
    this.#members = 0;
    this.#literalBytes = 0;
    this.#from = start;
  }

  /** Notes the next member: its value lies at [start, end) and belongs to `field`, or to no field if that is -1. */
  member(start: number, end: number, field: number): void {
    const m = this.#members++;
    if (m >= MAX_MEMBERS) return;
    this.#literalBytes += start - this.#from;
    this.#cuts[2 * m] = start;
    this.#cuts[2 * m + 1] = end;
    this.#fields[m] = field;
    this.#from = end;
  }

  /** Returns a hash of the shape of the record [start, end), or 0 if the shape gets no generated code. */
  hash(bytes: Uint8Array, start: number, end: number): number {
    const members = this.#members;
    if (members === 0 || members > MAX_MEMBERS) return 0;
    if (this.#literalBytes + end - this.#from > MAX_LITERAL_BYTES) return 0;
    let h = members;
    let p = start;
    for (let m = 0; m <= members; m++) {
      const to = m === members ? end : this.#cuts[2 * m]!;
      for (; p < to; p++) h = Math.imul(h ^ bytes[p]!, 0x01000193);
      h = Math.imul(h ^ 0xff, 0x01000193);
      if (m < members) p = this.#cuts[2 * m + 1]!;
    }
    return h === 0 ? 1 : h;
  }

  /** Returns the shape of the record [start, end). Of several members for one field only the last one keeps it. */
  shape(bytes: Uint8Array, start: number, end: number): Shape {
    const literals: Uint8Array[] = [];
    let p = start;
    for (let m = 0; m < this.#members; m++) {
      literals.push(bytes.slice(p, this.#cuts[2 * m]!));
      p = this.#cuts[2 * m + 1]!;
    }
    literals.push(bytes.slice(p, end));
    const fields = Array.from(this.#fields.subarray(0, this.#members));
    return { literals, fields: fields.map((field, m) => (fields.lastIndexOf(field) === m ? field : -1)) };
  }
}
