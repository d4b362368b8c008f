import type { Batch } from '../../../src/engine/batch.ts';
import type { RecordDecoder } from '../../../src/sources/decoder.ts';
import { LostPositionError } from '../../../src/sources/lost-position.ts';
import type { LostPosition } from '../../../src/storage/manifest.ts';
import { toNumbers, toPositions } from '../../../src/sources/numbered-positions.ts';
import { SourceError } from '../../../src/sources/source.ts';
import type { Positions, RecordBatch, SourceLag, SourceReader } from '../../../src/sources/source.ts';
import type { SimClock } from '../../platform/support/sim-clock.ts';

/** A partitioned log that survives the processes that read it. */
export class MemoryLog {
  partitions: Uint8Array[][];
  /**
   * Id of the log, which changes when the log is deleted and created again. Undefined acts as a broker without topic
   * ids, 'local' as a local topic, which accepts no records while a position in it is lost.
   */
  identity: string | undefined;
  /** First retained position by partition: retention has removed all records before it. */
  readonly removed = new Map<number, number>();
  /** Positions of the last checkpoint by partition: records before them may be removed. */
  readonly released = new Map<number, number>();
  #readers = new Set<() => void>();

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => []);
  }
  append(partition: number, text: string): void {
    this.partitions[partition]!.push(new TextEncoder().encode(text));
    for (const wake of this.#readers) wake();
  }
  waitForMore(clock: SimClock, wait_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#readers.delete(done);
        resolve();
      };
      const cancel = clock.setTimer(wait_ms, done);
      this.#readers.add(done);
    });
  }
}

export interface MemoryReaderFaults {
  /** Probability that a call fails, from 0 to 1. */
  readonly fail: number;
  readonly random: () => number;
}

/** Reads a {@link MemoryLog} and checks that its caller keeps to the contract of {@link SourceReader}. */
export class MemoryReader implements SourceReader {
  readonly name: string;
  readonly #log: MemoryLog;
  readonly #clock: SimClock;
  readonly #faults: MemoryReaderFaults | undefined;
  #positions = new Map<number, number>();
  /** Identity of the log when the reader was opened. */
  #identity: string | undefined;
  #turn = 0;
  #open = false;
  #polling = false;

  constructor(name: string, log: MemoryLog, clock: SimClock, faults?: MemoryReaderFaults) {
    this.name = name;
    this.#log = log;
    this.#clock = clock;
    this.#faults = faults;
  }
  readonly ended = false;
  /** True once the process has crashed: later actions have no effect. */
  dead = false;

  memo(): string | undefined {
    return this.#identity;
  }

  async open(positions: Positions, memo?: string): Promise<void> {
    if (this.#open) throw new Error('opened twice');
    this.#fault('open');
    this.#open = true;
    const numbers = toNumbers(positions);
    this.#positions = new Map(this.#log.partitions.map((_, p) => [p, numbers.get(p) ?? 0]));
    const isOther = memo !== undefined && memo !== this.#log.identity;
    this.#identity = this.#log.identity;
    const lost = [...numbers]
      .map(([partition, position]) => ({
        split: String(partition),
        offset: String(position),
        ...this.#lossAt(partition, position, isOther),
      }))
      .filter((loss): loss is LostPosition => 'resume' in loss);
    if (lost.length > 0) {
      this.#open = false;
      throw new LostPositionError(this.name, 'the log was made anew', lost);
    }
    for (const [partition, released] of this.#log.released) {
      if (this.#positions.get(partition)! < released) throw new Error(`records before ${released} are gone`);
    }
  }

  #lossAt(partition: number, position: number, isOther: boolean): Partial<LostPosition> {
    const first = this.#log.removed.get(partition) ?? 0;
    const end = this.#log.partitions[partition]!.length;
    if (isOther) return { resume: String(first), missing: undefined };
    if (position < first) return { resume: String(first), missing: first - position };
    if (position <= end) return {};
    if (this.#log.identity === undefined) return { resume: String(first), missing: undefined };
    return { resume: String(end), missing: this.#log.identity === 'local' ? 0 : undefined };
  }

  positions(): Positions {
    return toPositions(this.#positions);
  }

  async poll(maxRecords: number, wait_ms: number): Promise<RecordBatch | undefined> {
    if (!this.#open || this.#polling) throw new Error('polled while closed, or twice at a time');
    this.#polling = true;
    try {
      this.#fault('poll');
      for (let attempt = 0; attempt < 2; attempt++) {
        for (let i = 0; i < this.#log.partitions.length; i++) {
          const partition = (this.#turn + i) % this.#log.partitions.length;
          const from = this.#positions.get(partition)!;
          const records = this.#log.partitions[partition]!.slice(from, from + maxRecords);
          if (records.length === 0) continue;
          this.#turn = partition + 1;
          this.#positions.set(partition, from + records.length);
          return toBatch(partition, from, records);
        }
        if (attempt === 0) await this.#log.waitForMore(this.#clock, wait_ms);
      }
      return undefined;
    } finally {
      this.#polling = false;
    }
  }

  lag(): readonly SourceLag[] {
    return [...this.#positions].map(([partition, at]) => ({
      split: String(partition),
      records: this.#log.partitions[partition]!.length - at,
    }));
  }
  async checkpointed(positions: Positions): Promise<void> {
    if (this.dead) return;
    for (const [partition, at] of toNumbers(positions)) this.#log.released.set(partition, at);
  }
  async close(): Promise<void> {
    this.#open = false;
  }

  #fault(what: string): void {
    if (this.#faults !== undefined && this.#faults.random() < this.#faults.fail) {
      throw new SourceError(this.name, `${what} failed`, { hint: 'wait' });
    }
  }
}

export function toBatch(partition: number, from: number, records: readonly Uint8Array[]): RecordBatch {
  const bytes = new Uint8Array(records.reduce((sum, r) => sum + r.length, 8));
  const starts = new Int32Array(records.length);
  const ends = new Int32Array(records.length);
  let at = 0;
  records.forEach((record, i) => {
    bytes.set(record, at);
    starts[i] = at;
    ends[i] = at += record.length;
  });
  return {
    split: String(partition),
    bytes,
    starts,
    ends,
    count: records.length,
    offsetOf: (record) => String(from + record),
    nextOffset: String(from + records.length),
    advance: records.length,
  };
}

/** Decodes `viewer,amount,at_us`; anything else is malformed. */
export const csvDecoder: RecordDecoder = {
  decode: (records, from, batch: Batch, onProblem) => {
    for (let i = from; i < records.count; i++) {
      if (batch.n === batch.capacity) return i;
      const fields = new TextDecoder()
        .decode(records.bytes.subarray(records.starts[i], records.ends[i]))
        .split(',');
      if (fields.length === 3) batch.append([BigInt(fields[0]!), BigInt(fields[1]!), Number(fields[2])]);
      else onProblem({ reason: 'malformed', message: 'not three fields', refused: true }, i);
    }
    return records.count;
  },
};
