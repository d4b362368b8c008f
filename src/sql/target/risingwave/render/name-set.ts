/** The names of one statement: no two relations in it share one. */
export class NameSet {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** Returns a name that nothing has, `wish` if it is free. */
  fresh(wish: string): string {
    let name = wish;
    for (let i = 2; this.#taken.has(name); i++) name = `${wish}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
