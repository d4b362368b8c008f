import type { FoundFile } from './folder.ts';
import { HEAD_BYTES, Head, headSize, type Prefix } from './head.ts';
import { openFileInput } from './input.ts';
import { hasTail } from './lines.ts';
import { FileMoved } from './problem.ts';

/** How much two files have to have in common to be taken for copies of each other. */
const COPY_BYTES = 1 << 20;
const LINE_FEED = 10;

/**
 * The first `startLines` lines and what follows them. Of a gzipped file that is broken or still being written: of as
 * much as can be decompressed, at least a line.
 */
export async function readHead(file: FoundFile, gzip: boolean, startLines: number): Promise<Head> {
  return new Head(await readStart(file, gzip, (bytes) => headSize(bytes, startLines)));
}

/**
 * Whether one of two files begins with all of the other, as far as {@link COPY_BYTES} show. It may be asked at each
 * look into the folder: both are read again only while one of them is shorter. Of files that differ at once, of which
 * there may be many with the same first line, each is read once per look.
 */
export class CopyCheck {
  readonly #known = new Map<string, boolean>();
  readonly #starts = new Map<string, Uint8Array>();

  /** A look into the folder begins. */
  look(): void {
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

/** One is the beginning of the other, and a line at least. */
function isPrefix(x: Uint8Array, y: Uint8Array): boolean {
  const shared = Math.min(x.length, y.length);
  return (
    x.subarray(0, shared).includes(LINE_FEED) &&
    Buffer.compare(x.subarray(0, shared), y.subarray(0, shared)) === 0
  );
}

/** Whether the file's text has `tail` before `position`. Yes, too, where it cannot be read so far: reading it on tells why. */
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

/** The first bytes of a file's text, as many as `wanted` says of those that were read. */
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
