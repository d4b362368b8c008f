/**
 * Returns a delay for exponential backoff with full jitter: uniform in [0, min(cap, base * 2^attempt)]. The jitter
 * spreads retries over time.
 */
export function fullJitter_ms(
  attempt: number,
  limits: { readonly base_ms: number; readonly cap_ms: number },
  random: () => number,
): number {
  return random() * Math.min(limits.cap_ms, limits.base_ms * 2 ** Math.min(attempt, 30));
}
