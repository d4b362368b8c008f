import type { FoundFile } from './folder.ts';
import { HEAD_BYTES, Head } from './head.ts';
import { openFileInput } from './input.ts';

/** How much two files have to have in common to be taken for copies of each other. */
const COPY_BYTES = 1 << 20;
const LINE_FEED = 10;

/** Of a gzipped file that is broken or still being written: of as much as can be decompressed, at least a line. */
export async function readHead(file: FoundFile, gzip: boolean): Promise<Head> {
  return new Head(await readStart(file, gzip, HEAD_BYTES));
}

/**
 * Whether one of two files begins with all of the other, as far as {@link COPY_BYTES} show. It may be asked at each
 * look into the folder: both are read again only while one of them is shorter.
 */
export class CopyCheck {
  readonly #known = new Map<string, boolean>();

  async isCopy(a: FoundFile, b: FoundFile, isGzip: (file: FoundFile) => boolean): Promise<boolean> {
    const about = (file: FoundFile): string => `${file.id}@${Math.min(file.bytes, COPY_BYTES)}`;
    const key = `${about(a)} ${about(b)}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      const [x, y] = await Promise.all([a, b].map((file) => readStart(file, isGzip(file), COPY_BYTES)));
      const shared = Math.min(x!.length, y!.length);
      found =
        x!.subarray(0, shared).includes(LINE_FEED) &&
        Buffer.compare(x!.subarray(0, shared), y!.subarray(0, shared)) === 0;
      if (this.#known.size > 10_000) this.#known.clear();
      this.#known.set(key, found);
    }
    return found;
  }
}

async function readStart({ path, id }: FoundFile, gzip: boolean, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(limit);
  let to = 0;
  const input = await openFileInput(path, gzip, { id });
  try {
    for (;;) {
      const read = await input.read(bytes, to, limit);
      to += read;
      if (read === 0 || to === limit) break;
    }
  } catch (error) {
    if (!gzip || !bytes.subarray(0, to).includes(LINE_FEED)) throw error;
  } finally {
    await input.close();
  }
  return bytes.subarray(0, to);
}
