declare module 'lz4js' {
  const lz4: {
    /** How many bytes a frame may come to, by its blocks. Throws for what is no frame. */
    decompressBound(frame: Uint8Array): number;
    /** Reads an LZ4 frame into a buffer of `maxSize` bytes. Throws for a damaged one. */
    decompress(frame: Uint8Array, maxSize?: number): Uint8Array;
  };
  export default lz4;
}

declare module 'snappyjs' {
  /** Reads one snappy block. Throws for a damaged one, and beyond `maxLength` bytes. */
  export function uncompress(block: Uint8Array, maxLength?: number): Uint8Array;
}
