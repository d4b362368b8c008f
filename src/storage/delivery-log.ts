import { join } from 'node:path';
import type { Datum } from '../values/datum.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readDatums, writeDatums } from './datum-codec.ts';
import type { Disk, DiskFile } from '../platform/disk.ts';
import { decodeFrame, encodeFrame, FRAME_HEADER_BYTES } from './frames.ts';
import { KeySet } from './pending-keys.ts';

/** A segment's first epoch, and a number that tells apart segments with the same first epoch. */
const NAME = /^handed-(\d{16})-(\d{4,})\.log$/;
/** Start of each record. If it occurs after unreadable bytes, the damage is more than a torn end of the file. */
const MAGIC = new TextEncoder().encode('FRHAND1\n');

/** The keys of one sink's rows that a barrier changed. */
export interface DeliveredKeys {
  readonly sink: string;
  readonly keys: readonly (readonly Datum[])[];
}

export interface DeliveryRecovery {
  /** The highest epoch that any sink may have seen; 0 if none. */
  readonly lastEpoch: number;
  /** Sink to the keys that barriers after the given epoch handed to it. */
  readonly keys: ReadonlyMap<string, KeySet>;
  /** Bytes of incomplete records at the ends of segments: torn by a crash, so never handed to a sink. */
  readonly tornBytes: number;
  /** Segments damaged in a way that a crash cannot cause, from `byte` on; the keys in that part are unknown. */
  readonly damaged: readonly { readonly path: string; readonly byte: number }[];
  /**
   * True if no segment starts after the given epoch. Such a segment is begun before the epoch's checkpoint is written,
   * so the log has been removed.
   */
  readonly isGone: boolean;
}

interface Segment {
  readonly file: DiskFile;
  readonly path: string;
  /** Number of durable records. */
  records: number;
}

/**
 * Records which keys were handed to sinks since the last checkpoint. A record is synced before the sinks see its
 * changes, so after a crash every key that may be newer at the destination than in the restored state is known, and is
 * delivered again. Without this, the destination could hold B for ever: the state is restored with the value A, and the
 * input that is read again changes it to B and back to A within one barrier, which emits no change.
 *
 * A segment is named after the first epoch it may hold. Each checkpoint begins a new one, so that old segments are
 * removed as a whole. A restart never appends to an existing segment.
 */
export class DeliveryLog {
  readonly #disk: Disk;
  readonly #directory: string;
  #segment: Segment | undefined;
  #checksum = 0;
  readonly #scratch = new ByteWriter(1 << 16);

  constructor(options: { disk: Disk; directory: string }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
  }

  /** Reads the keys that were handed to sinks after `epoch`. */
  async recover(epoch: number): Promise<DeliveryRecovery> {
    const keys = new Map<string, KeySet>();
    let lastEpoch = 0;
    let tornBytes = 0;
    let isGone = true;
    const damaged: { path: string; byte: number }[] = [];
    for (const name of await this.#disk.list(this.#directory)) {
      const firstEpoch = NAME.exec(name)?.[1];
      if (firstEpoch === undefined) continue;
      if (Number(firstEpoch) > epoch) isGone = false;
      const path = join(this.#directory, name);
      const bytes = await this.#disk.readFile(path);
      let at = 0;
      let checksum = 0;
      for (;;) {
        const frame = decodeFrame(bytes, at, checksum);
        if (frame === undefined) break;
        ({ next: at, checksum } = frame);
        const from = new ByteReader(frame.payload.subarray(MAGIC.length));
        const frameEpoch = from.f64();
        lastEpoch = Math.max(lastEpoch, frameEpoch);
        if (frameEpoch > epoch) readRecord(from, keys);
      }
      if (isDamaged(bytes, at)) damaged.push({ path, byte: at });
      else tornBytes += bytes.length - at;
    }
    return { lastEpoch, keys, tornBytes, damaged, isGone };
  }

  /** Begins a segment for records from `firstEpoch` on. If it rejects, the previous segment stays in use. */
  async begin(firstEpoch: number): Promise<void> {
    await this.#disk.mkdir(this.#directory);
    const stem = `handed-${String(firstEpoch).padStart(16, '0')}-`;
    const taken = (await this.#disk.list(this.#directory)).filter((name) => name.startsWith(stem));
    const number =
      taken.reduce((highest, name) => Math.max(highest, Number(NAME.exec(name)?.[2] ?? 0)), -1) + 1;
    const path = join(this.#directory, `${stem}${String(number).padStart(4, '0')}.log`);
    const file = await this.#disk.open(path, 'create');
    try {
      await this.#disk.syncDirectory(this.#directory);
    } catch (error) {
      await file.close().catch(() => {});
      await this.#disk.remove(path).catch(() => {});
      throw error;
    }
    const before = this.#segment;
    this.#segment = { file, path, records: 0 };
    this.#checksum = 0;
    await before?.file.close();
    // An empty segment is not needed. While the disk is full, every attempt would leave one.
    if (before?.records === 0) await this.#disk.remove(before.path);
  }

  /** Appends a record; resolves once it is durable. After a rejection, call `begin` before the next `append`. */
  async append(epoch: number, delivered: readonly DeliveredKeys[]): Promise<void> {
    if (this.#segment === undefined) throw new Error('the delivery log has no segment');
    const to = this.#scratch;
    to.reset();
    to.raw(MAGIC);
    to.f64(epoch);
    to.u32(delivered.length);
    for (const { sink, keys } of delivered) {
      to.text(sink);
      to.u32(keys.length);
      for (const key of keys) writeDatums(to, key);
    }
    const frame = encodeFrame(to.bytes(), this.#checksum);
    await this.#segment.file.append(frame.bytes);
    await this.#segment.file.sync();
    this.#segment.records++;
    this.#checksum = frame.checksum;
  }

  /** Removes segments without records after `epoch`. */
  async collect(epoch: number): Promise<void> {
    const names = (await this.#disk.list(this.#directory)).filter((name) => NAME.test(name));
    for (const [i, name] of names.entries()) {
      const next = names[i + 1];
      if (next === undefined || Number(NAME.exec(next)![1]) > epoch + 1) return;
      await this.#disk.remove(join(this.#directory, name));
    }
  }

  async close(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.file.close();
  }
}

/**
 * Returns true if the unreadable bytes from `at` on cannot be a record torn by a crash: they have the full length of a
 * record, or a record follows, which was appended only after the one before it was synced.
 */
function isDamaged(bytes: Uint8Array, at: number): boolean {
  if (bytes.length - at < FRAME_HEADER_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + FRAME_HEADER_BYTES + view.getUint32(at, true) <= bytes.length) return true;
  const own = at + FRAME_HEADER_BYTES + MAGIC.length;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(MAGIC, own) >= 0;
}

function readRecord(from: ByteReader, keys: Map<string, KeySet>): void {
  const sinks = from.u32();
  for (let s = 0; s < sinks; s++) {
    const sink = from.text();
    let set = keys.get(sink);
    if (set === undefined) keys.set(sink, (set = new KeySet()));
    const n = from.u32();
    for (let i = 0; i < n; i++) set.add(readDatums(from));
  }
}
