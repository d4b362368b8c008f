declare module 'lz4js' {
  const lz4: {
    /** Returns an upper bound, from the frame's blocks, of its decompressed bytes. Throws if it is not a frame. */
    decompressBound(frame: Uint8Array): number;
    /** Decompresses an LZ4 frame into a buffer of `maxSize` bytes. Throws if the frame is damaged. */
    decompress(frame: Uint8Array, maxSize?: number): Uint8Array;
  };
  export default lz4;
}

declare module 'snappyjs' {
  /** Decompresses one snappy block. Throws if it is damaged or its size exceeds `maxLength` bytes. */
  export function uncompress(block: Uint8Array, maxLength?: number): Uint8Array;
}
