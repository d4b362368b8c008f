import type { Attempts } from './attempts.ts';
import type { CallScope } from './call-scope.ts';
import type { ClientCounters } from './counters.ts';
import type { ReadOperation } from './transport.ts';

interface Flight {
  readonly answer: Promise<object>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * The requests in flight. Calls that need the same request at the same time share one, each with its own deadline. A
 * request is given up when the last call that waits for it has ended.
 */
export class Flights {
  readonly #attempts: Attempts;
  readonly #counters: ClientCounters;
  readonly #shared: Map<string, Flight> | undefined;

  constructor(
    attempts: Attempts,
    options: { readonly coalesce: boolean; readonly counters: ClientCounters },
  ) {
    this.#attempts = attempts;
    this.#counters = options.counters;
    this.#shared = options.coalesce ? new Map() : undefined;
  }

  /** Resolves to the answer, which the caller must not change. Rejects as {@link Attempts.answer}. */
  answer(operation: ReadOperation, body: string, call: CallScope): Promise<object> {
    call.check();
    const key = `${operation} ${body}`;
    const known = this.#shared?.get(key);
    if (known !== undefined) this.#counters.coalesced++;
    const flight = known ?? this.#start(key, operation, body);
    flight.waiting++;
    call.onGivenUp(() => {
      flight.waiting--;
      if (flight.waiting > 0) return;
      // A call that comes now must not join a request that is being given up.
      if (this.#shared?.get(key) === flight) this.#shared.delete(key);
      flight.controller.abort();
    });
    return flight.answer;
  }

  #start(key: string, operation: ReadOperation, body: string): Flight {
    const controller = new AbortController();
    const answer = this.#attempts.answer(operation, body, controller.signal);
    const flight: Flight = { answer, controller, waiting: 0 };
    const shared = this.#shared;
    if (shared !== undefined) {
      shared.set(key, flight);
      const land = (): void => {
        if (shared.get(key) === flight) shared.delete(key);
      };
      answer.then(land, land);
    }
    return flight;
  }
}
