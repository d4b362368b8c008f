import type { StateReader, StateWriter } from '../../../src/engine/contract.ts';
import { createEngine, type Engine } from '../../../src/engine/engine.ts';
import type { Pipeline } from '../../../src/plan/pipeline.ts';

/** Returns a new engine, whose clock is at `now_us` or later, that is restored from a snapshot of `engine`. */
export function copiedEngine(engine: Engine, pipeline: Pipeline, now_us: number): Engine {
  const blocks = new Map<string, Uint8Array>();
  const writer: StateWriter = { block: (name, bytes) => void blocks.set(name, bytes.slice()) };
  engine.save(writer);
  const reader: StateReader = {
    block: (name) => {
      const bytes = blocks.get(name);
      if (bytes === undefined) throw new Error(`no block ${name}`);
      return bytes;
    },
    has: (name) => blocks.has(name),
  };
  const copy = createEngine(pipeline, { now_us, observe: 'all' });
  copy.restore(reader);
  copy.takeErrors(); // a new engine may report an error that fails in every row once more
  return copy;
}
