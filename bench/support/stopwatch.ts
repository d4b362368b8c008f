export interface Elapsed {
  readonly seconds: number;
  /** CPU time of all threads of this process: steadier than wall time on a shared machine. */
  readonly cpu_seconds: number;
}

/** Starts a stopwatch. Calling the result stops it. */
export function stopwatch(): () => Elapsed {
  const started = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpu_seconds: (user + system) / 1e6 };
  };
}
