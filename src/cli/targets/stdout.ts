import { write, type CliIo } from '../io.ts';
import { linesOf, type EventTarget } from './target.ts';

/** Returns a target that prints events as lines on stdout. */
export function stdoutTarget(io: CliIo): EventTarget {
  const decoder = new TextDecoder();
  return {
    send: (batch) => write(io.stdout, decoder.decode(linesOf(batch))),
    close: () => Promise.resolve(),
  };
}
