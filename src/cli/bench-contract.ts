/** What `freshet bench` hands to a benchmark. */
export interface BenchRun {
  /** `--set NAME=VALUE` pairs; the benchmark names those it knows in {@link Bench.settings}. */
  readonly settings: ReadonlyMap<string, string>;
  /** Shows a line of progress on stderr. */
  progress(line: string): void;
}

export interface BenchOutcome {
  /** Printed by `--json`: figures named with their units, and how they were measured. */
  readonly result: unknown;
  /** The same result as lines of text. */
  readonly text: readonly string[];
  /** False if the measured run gave a wrong result (results differ, an event was lost); the command exits with 1. */
  readonly valid: boolean;
}

/** A benchmark. `bench/<name>.ts` exports one as `bench`. */
export interface Bench {
  readonly summary: string;
  /** Name of each setting to its meaning and default. */
  readonly settings: Readonly<Record<string, string>>;
  run(run: BenchRun): Promise<BenchOutcome>;
}
