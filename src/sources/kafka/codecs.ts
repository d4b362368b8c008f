// oxlint-disable-next-line typescript/triple-slash-reference -- a declaration file without imports has no other way in
/// <reference path="./untyped-codecs.d.ts" />
import { decompress as unzstd } from 'fzstd';
import kafkajs from 'kafkajs';
import lz4 from 'lz4js';
import { uncompress as unsnap } from 'snappyjs';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** What a compressed batch may come to: brokers take 1 MB of it by default, and 256 times as much is data no more. */
const MAX_BATCH_BYTES = 256 << 20;
/** `\x82SNAPPY\0`, a version and the oldest one that can read it: how Java's client frames snappy. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

/**
 * Teaches kafkajs to read snappy, lz4 and zstd; gzip it knows. One batch that cannot be read fails its fetch, and with
 * it every batch before it, so all codecs that producers use must be here. Reading only: nothing here compresses. Call
 * it before a reader is opened; calling it again is safe.
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
    compress: () => Promise.reject(new Error('this codec only reads')),
    decompress: async (bytes) => {
      const plain = read(bytes);
      if (plain.length > MAX_BATCH_BYTES) throw new Error(`a batch of ${plain.length} bytes is too large`);
      return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
    },
  };
}

/** The buffer is made as large as the frame's blocks may be, so that is what is bounded. */
function unlz4(bytes: Buffer): Uint8Array {
  const bound = lz4.decompressBound(bytes);
  if (bound > MAX_BATCH_BYTES) throw new Error(`a batch of up to ${bound} bytes is too large`);
  return lz4.decompress(bytes, bound);
}

/** One block, or the blocks of Java's frame: each with its length in front. */
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
