/** What `freshet bench` hands to a benchmark. */
export interface BenchRun {
  /** `--set NAME=VALUE` pairs; the benchmark names those it knows in {@link Bench.settings}. */
  readonly settings: ReadonlyMap<string, string>;
  /** One line about what is going on, shown to a person who waits. */
  progress(line: string): void;
}

export interface BenchOutcome {
  /** Printed by `--json`: figures with their units in their names, and how they were taken. */
  readonly result: unknown;
  /** The same for people. */
  readonly text: readonly string[];
  /** False if what was measured was not right (results differ, an event was lost): the command then exits with 1. */
  readonly valid: boolean;
}

/** A benchmark: `bench/<name>.ts` exports one as `bench`. */
export interface Bench {
  readonly summary: string;
  /** Setting to its default and meaning. */
  readonly settings: Readonly<Record<string, string>>;
  run(run: BenchRun): Promise<BenchOutcome>;
}
