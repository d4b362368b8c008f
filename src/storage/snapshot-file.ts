import type { StateReader, StateWriter } from '../engine/contract.ts';
import type { Disk, DiskReader } from '../platform/disk.ts';
import { CorruptFileError } from './errors.ts';
import { FRAME_HEADER_BYTES, decodeFrame, frameChecksum, writeFrameHeader } from './frames.ts';

/**
 * Format of a file of named blocks:
 *
 *   prelude    16 bytes: "FRESHET\0", u32 format, u32 0
 *   directory  one frame: JSON [[name, bytes], ...] in file order
 *   blocks     each cut into frames of CHUNK_BYTES, the last one shorter; an empty block has none
 *
 * Checksums of frames are chained (frames.ts), so the checksum of the last frame covers the whole file. The manifest
 * holds it.
 */
const FORMAT = 1;
const PRELUDE_BYTES = 16;
const CHUNK_BYTES = 4 << 20;
const MAGIC = new TextEncoder().encode('FRESHET\0');

/**
 * Collects copies of a kernel's blocks, so that the kernel may continue as soon as `save` returns. `reset` keeps the
 * memory for reuse, since touching fresh pages takes longer than copying.
 */
export class SnapshotBuffer implements StateWriter {
  readonly #blocks = new Map<string, Uint8Array<ArrayBuffer>>();
  #spare = new Map<string, Uint8Array<ArrayBuffer>>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Removes all blocks; the memory behind earlier {@link entries} is reused. */
  reset(): void {
    this.#spare = new Map(this.#blocks);
    this.#blocks.clear();
    this.#bytes = 0;
  }

  block(name: string, bytes: Uint8Array): void {
    if (this.#blocks.has(name)) throw new Error(`snapshot block ${name} was written twice`);
    const copy = roomFor(bytes.length, this.#spare.get(name)?.buffer);
    copy.set(bytes);
    this.#blocks.set(name, copy);
    this.#bytes += bytes.length;
  }

  entries(): Iterable<[string, Uint8Array]> {
    return this.#blocks;
  }
}

/**
 * Returns room for `length` bytes: in the spare buffer if its size is suitable, else in a new buffer, which has room to
 * grow if the block has grown before.
 */
function roomFor(length: number, spare: ArrayBuffer | undefined): Uint8Array<ArrayBuffer> {
  if (spare !== undefined && spare.byteLength >= length && spare.byteLength <= 2 * length + 4096) {
    return new Uint8Array(spare, 0, length);
  }
  return new Uint8Array(new ArrayBuffer(spare === undefined ? length : Math.ceil(length * 1.25)), 0, length);
}

/** Blocks read from a snapshot, each in its own buffer. */
export class SnapshotBlocks implements StateReader {
  readonly #blocks: ReadonlyMap<string, Uint8Array>;
  readonly #prefix: string;
  constructor(blocks: ReadonlyMap<string, Uint8Array>, prefix = '') {
    this.#blocks = blocks;
    this.#prefix = prefix;
  }
  block(name: string): Uint8Array {
    const bytes = this.#blocks.get(this.#prefix + name);
    if (bytes === undefined) throw new Error(`the snapshot has no block ${this.#prefix}${name}`);
    return bytes;
  }
  has(name: string): boolean {
    return this.#blocks.has(this.#prefix + name);
  }
}

export interface SnapshotFile {
  readonly bytes: number;
  readonly checksum: number;
}

/** Writes and syncs a new file. Rejects as the disk does. The caller syncs the directory and removes a failed file. */
export async function writeSnapshot(
  disk: Disk,
  path: string,
  blocks: readonly (readonly [string, Uint8Array])[],
): Promise<SnapshotFile> {
  const file = await disk.open(path, 'create');
  try {
    const out = new ChunkWriter(file.append.bind(file));
    const prelude = new Uint8Array(PRELUDE_BYTES);
    prelude.set(MAGIC);
    new DataView(prelude.buffer).setUint32(MAGIC.length, FORMAT, true);
    await file.append(prelude);
    const directory = JSON.stringify(blocks.map(([name, bytes]) => [name, bytes.length]));
    await out.frame(new TextEncoder().encode(directory));
    for (const [, bytes] of blocks) {
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        await out.frame(bytes.subarray(at, at + CHUNK_BYTES));
      }
    }
    await out.finish();
    await file.sync();
    return { bytes: PRELUDE_BYTES + out.bytes, checksum: out.checksum };
  } finally {
    await file.close();
  }
}

/** Writes frames with two buffers: while one is being written, the next is filled and its checksum computed. */
class ChunkWriter {
  readonly #append: (bytes: Uint8Array) => Promise<void>;
  #idle = new Uint8Array(0);
  #busy = new Uint8Array(0);
  #writing: Promise<void> = Promise.resolve();
  checksum = 0;
  bytes = 0;

  constructor(append: (bytes: Uint8Array) => Promise<void>) {
    this.#append = append;
  }

  async frame(payload: Uint8Array): Promise<void> {
    const length = FRAME_HEADER_BYTES + payload.length;
    if (this.#idle.length < length) this.#idle = new Uint8Array(length);
    const buffer = this.#idle;
    this.checksum = frameChecksum(payload, this.checksum);
    writeFrameHeader(buffer, 0, payload.length, this.checksum);
    buffer.set(payload, FRAME_HEADER_BYTES);
    this.bytes += length;
    await this.#writing;
    this.#idle = this.#busy;
    this.#busy = buffer;
    this.#writing = this.#append(buffer.subarray(0, length));
    // Awaited by the next frame or finish(); until then a rejection must not count as unhandled.
    this.#writing.catch(() => {});
  }

  async finish(): Promise<void> {
    await this.#writing;
  }
}

/** Reads and verifies a file. Rejects with CorruptFileError if it differs from what was written. */
export async function readSnapshot(
  disk: Disk,
  path: string,
  expected: SnapshotFile,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const reader = await disk.openRead(path);
  try {
    if (reader.size !== expected.bytes) {
      throw new CorruptFileError(path, `has ${reader.size} bytes, not ${expected.bytes}`);
    }
    return await readBlocks(reader, path, expected.checksum);
  } finally {
    await reader.close();
  }
}

async function readBlocks(
  reader: DiskReader,
  path: string,
  expectedChecksum: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const prelude = new Uint8Array(PRELUDE_BYTES);
  await reader.read(prelude, 0);
  const view = new DataView(prelude.buffer);
  const format = view.getUint32(MAGIC.length, true);
  if (!MAGIC.every((byte, i) => prelude[i] === byte) || view.getUint32(MAGIC.length + 4, true) !== 0) {
    throw new CorruptFileError(path, 'is not a snapshot');
  }
  if (format !== FORMAT)
    throw new CorruptFileError(
      path,
      `has snapshot format ${format}; this version of freshet reads ${FORMAT}`,
    );

  const scratch = new Uint8Array(Math.min(CHUNK_BYTES + FRAME_HEADER_BYTES, reader.size));
  let position = PRELUDE_BYTES;
  let checksum = 0;
  const nextFrame = async (length: number): Promise<Uint8Array> => {
    const whole = FRAME_HEADER_BYTES + length;
    const into = whole <= scratch.length ? scratch.subarray(0, whole) : new Uint8Array(whole);
    const n = await reader.read(into, position);
    const frame = decodeFrame(into.subarray(0, n), 0, checksum);
    if (frame === undefined || frame.payload.length !== length) {
      throw new CorruptFileError(path, `is damaged in the ${length} bytes at ${position}`);
    }
    position += whole;
    checksum = frame.checksum;
    return frame.payload;
  };

  const header = new Uint8Array(FRAME_HEADER_BYTES);
  await reader.read(header, position);
  const directoryBytes = new DataView(header.buffer).getUint32(0, true);
  if (position + directoryBytes > reader.size) throw new CorruptFileError(path, 'has a damaged directory');
  const directory = JSON.parse(new TextDecoder().decode(await nextFrame(directoryBytes))) as [
    string,
    number,
  ][];

  const blocks = new Map<string, Uint8Array>();
  for (const [name, length] of directory) {
    const block = new Uint8Array(length);
    for (let at = 0; at < length; at += CHUNK_BYTES) {
      block.set(await nextFrame(Math.min(CHUNK_BYTES, length - at)), at);
    }
    blocks.set(name, block);
  }
  if (position !== reader.size || checksum !== expectedChecksum) {
    throw new CorruptFileError(path, 'is not the file that its manifest describes');
  }
  return blocks;
}
