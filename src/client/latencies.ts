const KEPT = 512;
const FIRST = 32;
const EVERY = 32;

/** The latencies of recent requests, and their 95th percentile. */
export class Latencies {
  readonly #recent_ms = new Float64Array(KEPT);
  #count = 0;
  #p95_ms: number | undefined;

  /** Undefined until 32 requests have been measured; then renewed after every 32. */
  get p95_ms(): number | undefined {
    return this.#p95_ms;
  }

  note(latency_ms: number): void {
    this.#recent_ms[this.#count++ % KEPT] = latency_ms;
    if (this.#count < FIRST || this.#count % EVERY !== 0) return;
    const sorted = this.#recent_ms.slice(0, Math.min(this.#count, KEPT)).sort();
    this.#p95_ms = sorted[Math.floor(sorted.length * 0.95)];
  }
}
