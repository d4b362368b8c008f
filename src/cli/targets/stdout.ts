import { write, type CliIo } from '../io.ts';
import { linesOf, type EventTarget } from './target.ts';

/** The events of one source; those of the others are left out. */
export function stdoutTarget(io: CliIo, source: string): EventTarget {
  const decoder = new TextDecoder();
  return {
    send: async (batch) => {
      if (batch.source === source) await write(io.stdout, decoder.decode(linesOf(batch)));
    },
    close: () => Promise.resolve(),
  };
}
