import { cpus } from 'node:os';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { hashBytes } from '../src/engine/text/text-hash.ts';
import { StringPool } from '../src/engine/text/string-pool.ts';

/**
 * Cost of the string pool alone: interning new texts and known texts, a sweep, saving a snapshot and loading it. A text
 * has 40 bytes, like the id of an event. At the sweep half of the texts are still held, in contiguous runs.
 */
export const bench: Bench = {
  summary: 'cost of the string pool: interning texts, a sweep, and a snapshot',
  settings: { texts: '4000000: number of distinct texts of 40 bytes' },
  run,
};

const TEXT_BYTES = 40;
const CHUNK_TEXTS = 10_000;

function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  const count = Number(settings.get('texts') ?? 4_000_000);
  const pool = new StringPool();
  const ids = new Int32Array(count);
  progress('new texts');
  const newTexts = internAll(pool, ids);
  progress('known texts');
  const again = new Int32Array(count);
  const knownTexts = internAll(pool, again);
  const isHeld = (i: number): boolean => Math.floor(i / 1000) % 2 === 0;
  const allocated = pool.bytesUsed;
  progress('sweep');
  const sweep = seconds(() =>
    pool.sweep((marks) => {
      for (let i = 0; i < count; i++) if (isHeld(i)) marks.mark(ids[i]!);
    }),
  );
  const blocks = new Map<string, Uint8Array>();
  progress('snapshot');
  const save = seconds(() => pool.save({ block: (name, bytes) => blocks.set(name, bytes.slice()) }));
  const copy = new StringPool();
  const load = seconds(() => copy.load({ block: (name) => blocks.get(name)!, has: (n) => blocks.has(n) }));
  const valid =
    ids.every((id, i) => id === again[i]) &&
    ids.every((id, i) => !isHeld(i) || (pool.get(id) === textOf(i) && copy.get(id) === textOf(i)));
  const result = {
    bench: 'texts',
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, node ${process.version}`,
    texts: count,
    new_texts_per_s: Math.round(count / newTexts),
    known_texts_per_s: Math.round(count / knownTexts),
    bytes_per_text: Math.round(allocated / count),
    sweep_ms: Math.round(sweep * 1000),
    save_ms: Math.round(save * 1000),
    load_ms: Math.round(load * 1000),
    bytes: allocated,
    bytes_after_sweep: pool.bytesUsed,
  };
  const text = [
    `${count} texts of ${TEXT_BYTES} bytes: ${result.new_texts_per_s} new and ${result.known_texts_per_s} known texts per second`,
    `${result.bytes_per_text} bytes per text, ${mb(result.bytes)}; ${mb(result.bytes_after_sweep)} after a sweep that freed half of them`,
    `sweep ${result.sweep_ms} ms; snapshot of the other half: save ${result.save_ms} ms, load ${result.load_ms} ms`,
  ];
  return Promise.resolve({ result, text, valid });
}

function textOf(i: number): string {
  return `event-${String(i).padStart(TEXT_BYTES - 6, '0')}`;
}

/** Interns all texts from buffers, as records arrive. Returns the seconds, without the time to make the texts. */
function internAll(pool: StringPool, ids: Int32Array): number {
  let total = 0;
  for (let from = 0; from < ids.length; from += CHUNK_TEXTS) {
    const to = Math.min(ids.length, from + CHUNK_TEXTS);
    const bytes = Buffer.from(Array.from({ length: to - from }, (_, k) => textOf(from + k)).join(''));
    total += seconds(() => {
      for (let i = from, at = 0; i < to; i++, at += TEXT_BYTES) {
        ids[i] = pool.internBytes(bytes, at, at + TEXT_BYTES, hashBytes(bytes, at, at + TEXT_BYTES));
      }
    });
  }
  return total;
}

function seconds(f: () => void): number {
  const started = process.hrtime.bigint();
  f();
  return Number(process.hrtime.bigint() - started) / 1e9;
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
