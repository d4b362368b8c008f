import type { Clock } from '../platform/clock.ts';

export interface Race {
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly after_ms: number;
  /** Asked when the delay is over; the second request is sent if it returns true. */
  mayHedge(): boolean;
  onWon(): void;
}

/**
 * Sends a request, and an equal second one if there is no answer after the delay. Resolves to the first answer, and
 * aborts the other request. A failure counts only if no other request is in flight. Rejects with the reason of `signal`
 * if that aborts.
 */
export function hedged(
  send: (signal: AbortSignal) => Promise<object>,
  signal: AbortSignal,
  { clock, after_ms, mayHedge, onWon }: Race,
): Promise<object> {
  return new Promise((resolve, reject) => {
    const inFlight = new Set<AbortController>();
    let isOver = false;
    const end = (): void => {
      isOver = true;
      cancel();
      signal.removeEventListener('abort', onAbort);
      for (const each of inFlight) each.abort();
    };
    const onAbort = (): void => {
      end();
      reject(signal.reason as Error);
    };
    const launch = (isSecond: boolean): void => {
      const controller = new AbortController();
      inFlight.add(controller);
      const onAnswer = (answer: object): void => {
        inFlight.delete(controller);
        if (isOver) return;
        if (isSecond) onWon();
        end();
        resolve(answer);
      };
      const onError = (error: unknown): void => {
        inFlight.delete(controller);
        if (isOver || inFlight.size > 0) return;
        end();
        reject(error as Error);
      };
      send(controller.signal).then(onAnswer, onError);
    };
    const cancel = clock.setTimer(after_ms, () => {
      if (!isOver && mayHedge()) launch(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    launch(false);
  });
}
