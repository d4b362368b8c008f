import type { Batch } from '../engine/batch.ts';
import type { Kernel } from '../engine/contract.ts';
import type { Pipeline, SourceDef } from '../plan/pipeline.ts';
import type { RecordDecoder } from '../sources/decoder.ts';
import { JSON_FORMAT } from '../sources/json/format.ts';
import { createSimulator, type SimulatedBatch, type Simulator } from '../sources/simulator/simulator.ts';
import { FreshetError } from '../values/freshet-error.ts';
import type { Traffic } from './traffic.ts';

const CHUNK_ROWS = 1 << 12;
const DAY_US = 86_400_000_000;
/** Events of the average viewer, as `simulate` has them. */
const EVENTS_PER_VIEWER_AND_DAY = 4;
/** Simulated columns without which the events are of no use. */
const NEEDED_COLUMNS = ['viewer_id', 'content_id', 'watch_duration_sec', 'watched_at'];

export interface SimulationOptions {
  readonly seed: number;
  readonly viewers: number;
  readonly start_us: number;
  readonly days: number;
}

interface Reader {
  readonly decoder: RecordDecoder;
  readonly batch: Batch;
}

/** The events of simulated viewers, in the order in which they arrive, late ones and duplicates included. */
export class SimulatedTraffic implements Traffic {
  readonly allowsSweeps = true;
  readonly start_us: number;
  readonly end_us: number;
  readonly #simulator: Simulator;
  readonly #kernel: Kernel;
  readonly #sources: readonly SourceDef[];
  readonly #readers = new Map<string, Reader>();

  /** Throws FreshetError if the pipeline has no source for simulated views. */
  constructor(pipeline: Pipeline, kernel: Kernel, { seed, viewers, start_us, days }: SimulationOptions) {
    const columns = pipeline.sources.find(({ name }) => name === 'view_events')?.columns ?? [];
    const missing = NEEDED_COLUMNS.filter((needed) => !columns.some(({ name }) => name === needed));
    if (missing.length > 0) {
      throw new FreshetError('cannot_simulate', 'the pipeline has no source that reads simulated views', {
        hint:
          `simulated views need a source view_events with the columns ${NEEDED_COLUMNS.join(', ')}; ` +
          'for any other pipeline give files of events, such as --input orders=orders.ndjson',
      });
    }
    const events_per_second = (viewers * EVENTS_PER_VIEWER_AND_DAY) / 86_400;
    this.#simulator = createSimulator({ seed, viewers, start_us, events_per_second });
    this.#kernel = kernel;
    this.#sources = pipeline.sources;
    this.start_us = start_us;
    this.end_us = start_us + days * DAY_US;
  }

  get quietUntil_us(): number {
    return this.#simulator.quietUntil_us;
  }

  pushBefore(time_us: number): number {
    let pushed = 0;
    while (this.#simulator.now_us < time_us) {
      for (const batch of this.#simulator.next(time_us)) pushed += this.#push(batch);
    }
    return pushed;
  }

  #push(simulated: SimulatedBatch): number {
    const source = this.#sources.find(({ name }) => name === simulated.source);
    if (source === undefined) return 0;
    const { decoder, batch } = this.#reader(source);
    const records = { ...simulated, split: '', offsetOf: String, nextOffset: '', advance: simulated.count };
    let pushed = 0;
    for (let from = 0; from < records.count;) {
      batch.n = 0;
      from = decoder.decode(records, from, batch, () => {});
      this.#kernel.push(source.name, batch);
      pushed += batch.n;
    }
    return pushed;
  }

  #reader(source: SourceDef): Reader {
    const kernel = this.#kernel;
    let reader = this.#readers.get(source.name);
    if (reader === undefined) {
      const decoder = JSON_FORMAT.createDecoder(source, kernel.wanted(source.name), kernel.pool);
      reader = { decoder, batch: kernel.newBatch(source.name, CHUNK_ROWS) };
      this.#readers.set(source.name, reader);
    }
    return reader;
  }
}
