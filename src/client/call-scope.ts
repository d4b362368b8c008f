import type { Clock } from '../platform/clock.ts';
import { ProfileReadError } from './read-error.ts';

export interface CallLimits {
  readonly deadline_ms: number;
  readonly signal: AbortSignal | undefined;
}

/** One call of a client: it ends with its answer, or is given up at its deadline or by its caller's signal. */
export class CallScope {
  readonly #controller = new AbortController();
  readonly #leave: (() => void)[] = [];

  /** Throws the error with which the call was given up, if it was. */
  check(): void {
    if (this.#controller.signal.aborted) throw this.#controller.signal.reason;
  }

  /** Aborts when the call is given up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** `leave` is called when the call is given up, even if what it waited for has arrived by then. */
  onGivenUp(leave: () => void): void {
    this.#leave.push(leave);
  }

  giveUp(error: ProfileReadError): void {
    this.#controller.abort(error);
    for (const leave of this.#leave) leave();
  }
}

/**
 * Resolves as `work`. Rejects with ProfileReadError `deadline` or `aborted` as soon as a limit is reached, and gives up
 * what the work waits for.
 */
export function limited<T>(
  clock: Pick<Clock, 'setTimer'>,
  { deadline_ms, signal }: CallLimits,
  work: (call: CallScope) => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const call = new CallScope();
    const giveUp = (error: ProfileReadError): void => {
      end();
      call.giveUp(error);
      reject(error);
    };
    const onAbort = (): void => {
      const cause: unknown = signal?.reason;
      giveUp(new ProfileReadError('aborted', 'the caller aborted the read', { cause }));
    };
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const cancel = clock.setTimer(deadline_ms, () => {
      giveUp(new ProfileReadError('deadline', `there was no answer within ${deadline_ms} ms`));
    });
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    work(call).finally(end).then(resolve, reject);
  });
}
