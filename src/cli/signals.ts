import type { EventEmitter } from 'node:events';

/**
 * `npm start` passes on the SIGINT that the terminal has already sent to the whole process group, so one Ctrl-C can
 * arrive twice. Repeats within this time are the same key press.
 */
const SAME_PRESS_MS = 400;
const FORCED_EXIT_CODE = 130;

export interface SignalOptions {
  /** `process`, or a stand-in. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>;
  readonly now_ms: () => number;
  /** Called for a later signal, with the exit code. */
  readonly forceExit: (code: number) => void;
}

/** The first SIGINT or SIGTERM aborts the returned signal; a later one ends the process at once. */
export function abortOnSignals(options: SignalOptions): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  let first_ms: number | undefined;
  const onSignal = (): void => {
    if (first_ms === undefined) {
      first_ms = options.now_ms();
      controller.abort();
    } else if (options.now_ms() - first_ms > SAME_PRESS_MS) {
      options.forceExit(FORCED_EXIT_CODE);
    }
  };
  options.source.on('SIGINT', onSignal);
  options.source.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose: () => {
      options.source.off('SIGINT', onSignal);
      options.source.off('SIGTERM', onSignal);
    },
  };
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
