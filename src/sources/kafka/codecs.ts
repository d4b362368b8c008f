// oxlint-disable-next-line typescript/triple-slash-reference -- a declaration file without imports has no other way in
/// <reference path="./untyped-codecs.d.ts" />
import { decompress as unzstd } from 'fzstd';
import kafkajs from 'kafkajs';
import lz4 from 'lz4js';
import { uncompress as unsnap } from 'snappyjs';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** Limit of a decompressed batch. Brokers accept 1 MB compressed by default; real data rarely expands 256-fold. */
const MAX_BATCH_BYTES = 256 << 20;
/** Java's snappy client begins a frame with `\x82SNAPPY\0`, its version and the oldest version that can read it. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

/**
 * Registers decompression of snappy, lz4 and zstd with kafkajs, which has gzip built in. A batch that cannot be read
 * fails its whole fetch, so every codec that producers use must be registered. Call it before a reader is opened;
 * calling it again is safe.
 */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => codec(snappy);
  CompressionCodecs[CompressionTypes.LZ4] = () => codec(unlz4);
  CompressionCodecs[CompressionTypes.ZSTD] = () => codec((bytes) => unzstd(bytes));
}

interface Codec {
  compress(): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

function codec(read: (bytes: Buffer) => Uint8Array): Codec {
  return {
    compress: () => Promise.reject(new Error('this codec only decompresses')),
    decompress: async (bytes) => {
      const plain = read(bytes);
      if (plain.length > MAX_BATCH_BYTES) throw tooLarge(plain.length);
      return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
    },
  };
}

/** Checks the bound from the frame's block sizes first, because the output buffer is allocated with that size. */
function unlz4(bytes: Buffer): Uint8Array {
  const bound = lz4.decompressBound(bytes);
  if (bound > MAX_BATCH_BYTES) throw tooLarge(bound);
  return lz4.decompress(bytes, bound);
}

function tooLarge(bytes: number): Error {
  return new Error(`a decompressed batch of ${bytes} bytes exceeds the limit of ${MAX_BATCH_BYTES} bytes`);
}

/** Decompresses one bare block, or a frame of Java's client, where the length of each block precedes it. */
function snappy(bytes: Buffer): Uint8Array {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return unsnap(bytes, MAX_BATCH_BYTES);
  const blocks: Uint8Array[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const length = bytes.readInt32BE(at);
    blocks.push(unsnap(bytes.subarray(at + 4, at + 4 + length), MAX_BATCH_BYTES));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}
