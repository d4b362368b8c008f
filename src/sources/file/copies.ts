import type { FoundFile } from './folder.ts';
import { HEAD_BYTES, Head, headSize, type Prefix } from './head.ts';
import { openFileInput } from './input.ts';
import { hasTail } from './lines.ts';
import { FileMoved } from './problem.ts';

/** Number of leading bytes that are compared to find out whether two files are copies of each other. */
const COPY_BYTES = 1 << 20;
const LINE_FEED = 10;

/**
 * Reads the head of a file: its first `startLines` lines and the HEAD_BYTES after them. A gzipped file that is broken
 * or still being written is read as far as it can be decompressed; rejects if that is less than a line.
 */
export async function readHead(file: FoundFile, gzip: boolean, startLines: number): Promise<Head> {
  return new Head(await readStart(file, gzip, (bytes) => headSize(bytes, startLines)));
}

/**
 * Determines whether the text of one of two files begins with the text of the other, by at most {@link COPY_BYTES} of
 * each. It is cheap to ask at every scan of the folder: an answer is cached until one of the files grows within its
 * first COPY_BYTES, and the first HEAD_BYTES of a file are read once per scan.
 */
export class CopyCheck {
  readonly #known = new Map<string, boolean>();
  readonly #starts = new Map<string, Uint8Array>();

  /** Drops the beginnings of files that were read for the scan before. */
  beginScan(): void {
    this.#starts.clear();
  }

  async isCopy(a: FoundFile, b: FoundFile, isGzip: (file: FoundFile) => boolean): Promise<boolean> {
    const key = `${keyOf(a)} ${keyOf(b)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    let [x, y] = [await this.#start(a, isGzip), await this.#start(b, isGzip)];
    if (Math.min(x.length, y.length) === HEAD_BYTES && isPrefix(x, y)) {
      x = await readStart(a, isGzip(a), () => COPY_BYTES);
      y = await readStart(b, isGzip(b), () => COPY_BYTES);
    }
    const found = isPrefix(x, y);
    if (this.#known.size > 10_000) this.#known.clear();
    this.#known.set(key, found);
    return found;
  }

  async #start(file: FoundFile, isGzip: (file: FoundFile) => boolean): Promise<Uint8Array> {
    const key = keyOf(file);
    let start = this.#starts.get(key);
    if (start === undefined) {
      start = await readStart(file, isGzip(file), () => HEAD_BYTES);
      this.#starts.set(key, start);
    }
    return start;
  }
}

function keyOf({ id, bytes }: FoundFile): string {
  return `${id}@${Math.min(bytes, COPY_BYTES)}`;
}

/** Returns whether one text is the beginning of the other and has at least one whole line. */
function isPrefix(x: Uint8Array, y: Uint8Array): boolean {
  const shared = Math.min(x.length, y.length);
  return (
    x.subarray(0, shared).includes(LINE_FEED) &&
    Buffer.compare(x.subarray(0, shared), y.subarray(0, shared)) === 0
  );
}

/**
 * Resolves to whether the file's text has `tail` directly before `position`. Also resolves to true if the text cannot
 * be read up to there: the reader of the file then reports why.
 */
export async function hasTailAt(
  { path, id }: FoundFile,
  gzip: boolean,
  { position, tail }: { readonly position: number; readonly tail: Prefix },
): Promise<boolean> {
  const input = await openFileInput(path, gzip, { id });
  const bytes = new Uint8Array(tail.bytes);
  try {
    await input.seek(position - tail.bytes);
    for (let to = 0; to < bytes.length;) {
      const read = await input.read(bytes, to, bytes.length);
      if (read === 0) return true;
      to += read;
    }
    return hasTail(bytes, tail);
  } catch (error) {
    if (!gzip || error instanceof FileMoved) throw error;
    return true;
  } finally {
    await input.close();
  }
}

/** Reads the first bytes of a file's text: as many as `wanted` asks for, given the bytes read so far. */
async function readStart(
  { path, id }: FoundFile,
  gzip: boolean,
  wanted: (bytes: Uint8Array) => number,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(2 * HEAD_BYTES);
  let to = 0;
  const input = await openFileInput(path, gzip, { id });
  try {
    for (;;) {
      const size = wanted(bytes.subarray(0, to));
      if (to >= size) {
        to = size;
        break;
      }
      if (size > bytes.length) {
        const grown = new Uint8Array(size);
        grown.set(bytes.subarray(0, to));
        bytes = grown;
      }
      const read = await input.read(bytes, to, size);
      to += read;
      if (read === 0) break;
    }
  } catch (error) {
    if (!gzip || !bytes.subarray(0, to).includes(LINE_FEED)) throw error;
  } finally {
    await input.close();
  }
  return bytes.subarray(0, to);
}
