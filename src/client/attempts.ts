import { fullJitter_ms } from '../dynamodb/backoff.ts';
import { DynamoDbError } from '../dynamodb/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { ClientCounters } from './counters.ts';
import { hedged } from './hedge.ts';
import { Latencies } from './latencies.ts';
import { DEFAULT_ATTEMPTS, DEFAULT_MAX_SHARE, type HedgeOptions } from './options.ts';
import type { ReadOperation, Transport } from './transport.ts';

const BACKOFF = { base_ms: 20, cap_ms: 1_000 };
/** Second requests that may be sent before the share of requests limits them. */
const FIRST_HEDGES = 10;

export interface AttemptDeps {
  readonly transport: Transport;
  readonly attempts: number | undefined;
  readonly hedge: HedgeOptions | undefined;
  readonly counters: ClientCounters;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Gets a request answered: sends it, sends it again after a fault that passes, and hedges it if it is slow. */
export class Attempts {
  readonly #deps: AttemptDeps;
  readonly #attempts: number;
  readonly #latencies: Readonly<Record<ReadOperation, Latencies>> = {
    GetItem: new Latencies(),
    BatchGetItem: new Latencies(),
    Query: new Latencies(),
  };
  #mayHedge = FIRST_HEDGES;

  constructor(deps: AttemptDeps) {
    this.#deps = deps;
    this.#attempts = deps.transport.retries ? 1 : (deps.attempts ?? DEFAULT_ATTEMPTS);
  }

  /** Resolves to the answer. Rejects with the last DynamoDbError, or with the reason of `signal` once that aborts. */
  async answer(operation: ReadOperation, body: string, signal: AbortSignal): Promise<object> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#timed(operation, body, signal);
        this.#deps.counters.rru += consumedUnits(answer);
        return answer;
      } catch (error) {
        if (signal.aborted || attempt >= this.#attempts || !mayPass(error)) throw error;
      }
      this.#deps.counters.retries++;
      await this.pause(attempt - 1, signal);
    }
  }

  /** Waits before a repetition, longer after more of them. Rejects with the reason of `signal` once that aborts. */
  pause(round: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      const cancel = clock.setTimer(fullJitter_ms(round, BACKOFF, random), () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async #timed(operation: ReadOperation, body: string, signal: AbortSignal): Promise<object> {
    const { clock, hedge } = this.#deps;
    if (hedge === undefined) return this.#send(operation, body, signal);
    const latencies = this.#latencies[operation];
    const started_us = clock.now_us();
    const answer = await this.#hedged(hedge, operation, body, signal);
    latencies.note((clock.now_us() - started_us) / 1000);
    return answer;
  }

  #hedged(hedge: HedgeOptions, operation: ReadOperation, body: string, signal: AbortSignal): Promise<object> {
    const { clock, counters } = this.#deps;
    this.#mayHedge = Math.min(FIRST_HEDGES, this.#mayHedge + (hedge.maxShare ?? DEFAULT_MAX_SHARE));
    const after_ms = hedge.after === 'p95' ? this.#latencies[operation].p95_ms : hedge.after;
    if (after_ms === undefined) return this.#send(operation, body, signal);
    return hedged((own) => this.#send(operation, body, own), signal, {
      clock,
      after_ms,
      mayHedge: () => {
        if (this.#mayHedge < 1) return false;
        this.#mayHedge--;
        counters.hedges++;
        return true;
      },
      onWon: () => {
        counters.hedges_won++;
      },
    });
  }

  #send(operation: ReadOperation, body: string, signal: AbortSignal): Promise<object> {
    this.#deps.counters.requests++;
    return this.#deps.transport.send(operation, body, signal);
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof DynamoDbError && (error.fault === 'throttled' || error.fault === 'unavailable');
}

function consumedUnits(answer: object): number {
  const { ConsumedCapacity: consumed } = answer as { readonly ConsumedCapacity?: unknown };
  const all: readonly unknown[] = Array.isArray(consumed) ? consumed : [consumed];
  return all.reduce<number>((sum, each) => {
    const units = (each as { readonly CapacityUnits?: unknown } | null | undefined)?.CapacityUnits;
    return typeof units === 'number' ? sum + units : sum;
  }, 0);
}
