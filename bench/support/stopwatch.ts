export interface Elapsed {
  readonly seconds: number;
  /** CPU time of this process, all threads: steadier than the clock on a machine that others use, too. */
  readonly cpu_seconds: number;
}

/** Starts now; the result stops it. */
export function stopwatch(): () => Elapsed {
  const started = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpu_seconds: (user + system) / 1e6 };
  };
}
