import { createHash } from 'node:crypto';
import type { NumberedPositions } from '../numbered-positions.ts';
import type { FoundFile, Listing } from './folder.ts';
import { CopyCheck, hasTailAt, readHead } from './copies.ts';
import type { Head } from './head.ts';
import { decodeMemo, encodeMemo } from './memo.ts';
import type { FilePartitionOptions } from './place.ts';
import { FileMoved, type FileReport } from './problem.ts';
import { messageOf } from '../../values/error-message.ts';
import { TrackedFile, type FileMemo, type Likeness } from './tracked.ts';

/** Number of gone files that are remembered, so that a file that comes back, or its copy, is not read twice. */
const REMEMBERED = 10_000;

/** A file that was found but is not read, and why. */
export interface HeldFile {
  readonly shown: string;
  readonly message: string;
}

export interface TrackerOptions extends Omit<FilePartitionOptions, 'partition' | 'marks' | 'position'> {
  readonly isGzip: (shown: string) => boolean;
  /** True if files may grow. */
  readonly follow: boolean;
  readonly report: FileReport;
  /** Number of gone files that are remembered. Default: 10,000. */
  readonly remembered?: number | undefined;
}

/**
 * Recognizes files from one scan of the folder to the next, and across restarts. A file with the same device and inode
 * is the same file as long as its beginning has not changed. A file with another inode is taken for a file that is gone
 * if it begins with the known beginning of that file, which was then moved from another disk, replaced by a longer
 * version, or compressed.
 */
export class FileTracker {
  readonly #options: TrackerOptions;
  readonly #startLines: number;
  readonly #copies = new CopyCheck();
  /** Files by partition. Gone files come last, in the order in which they went. */
  #files = new Map<number, TrackedFile>();
  #start: NumberedPositions = new Map();
  /** Files by first lines and by name, during one update. */
  readonly #byStart = new Map<string, TrackedFile[]>();
  /** Partitions given to files. None is given to another file, because positions outlive forgotten files. */
  readonly #given = new Set<number>();
  /** True if positions came without a memo. They then belong to the files that now have the same names. */
  #byName = false;
  #held: readonly HeldFile[] = [];

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#startLines = options.framing.headerOf === undefined ? 1 : 2;
  }

  /** Restores positions and the files that they belong to. */
  restore(positions: NumberedPositions, memo: string | undefined): void {
    const known = decodeMemo(memo);
    this.#start = positions;
    this.#given.clear();
    this.#byName = known === undefined;
    this.#held = [];
    // A spoiled file of which no record was counted, as after a rebuild, is read from its start like a new one.
    const isUseful = ({ partition, spoiled }: FileMemo): boolean =>
      spoiled === undefined || (positions.get(partition) ?? 0) > 0;
    this.#files = new Map(
      (known ?? [])
        .filter(isUseful)
        .map((file) => [file.partition, this.#track(file, positions.get(file.partition))]),
    );
  }

  /** Returns the state of all known files, for `restore`. */
  memo(): string {
    return encodeMemo([...this.#files.values()].map((file) => file.memo));
  }

  /** The known files in the order in which they are read, which is by name. */
  get files(): readonly TrackedFile[] {
    return [...this.#files.values()].sort((a, b) => (a.memo.shown < b.memo.shown ? -1 : 1));
  }

  /** The files that the last update found and that are not read. */
  get held(): readonly HeldFile[] {
    return this.#held;
  }

  /** Matches the known files with those that a scan of the folder found, and adds the new ones. */
  async update(listing: Listing): Promise<void> {
    const held: HeldFile[] = [];
    const unknown: FoundFile[] = [];
    const missing = new Map<string, TrackedFile>();
    for (const file of this.#files.values()) {
      const { id } = file.memo;
      if (id !== undefined) missing.set(id, file);
    }
    for (const found of listing.files) {
      const known = missing.get(found.id);
      try {
        if (known !== undefined && (await this.#recognize(known, found))) missing.delete(found.id);
        else unknown.push(found);
      } catch (error) {
        if (error instanceof FileMoved) continue; // the next scan finds it
        missing.delete(found.id);
        held.push({ shown: found.shown, message: messageOf(error) });
      }
    }
    if (listing.isEmpty) return; // the disk may be unmounted, so the files do not count as gone
    await this.#findRenamed(missing, listing);
    for (const file of missing.values()) await this.#lose(file);
    this.#byStart.clear();
    this.#copies.beginScan();
    for (const each of unknown) {
      const reason = await this.#admit(each).catch((error: unknown) =>
        error instanceof FileMoved ? undefined : messageOf(error),
      );
      if (reason !== undefined) held.push({ shown: each.shown, message: reason });
    }
    for (const { shown, message } of held) {
      if (!this.#held.some((before) => before.shown === shown && before.message === message))
        this.#options.report('warn', { file: shown, detail: message }, 'a file is not read');
    }
    this.#held = held;
  }

  /** Finds files that were rotated to a name that the pattern does not match. Their unread rest is still read. */
  async #findRenamed(missing: Map<string, TrackedFile>, listing: Listing): Promise<void> {
    const take = async (found: FoundFile | undefined): Promise<void> => {
      const known = found === undefined ? undefined : missing.get(found.id);
      if (known === undefined) return;
      if (await this.#recognize(known, found!).catch(() => false)) missing.delete(found!.id);
    };
    for (const { memo } of missing.values()) await take(await listing.other(memo.shown));
    if (missing.size > 0) for (const found of await listing.others()) await take(found);
  }

  /** Resolves to whether `found` is still `file`, which had its inode before. If so, updates the file's place. */
  async #recognize(file: TrackedFile, found: FoundFile): Promise<boolean> {
    const { bytes, changed_ms, shown, spoiled } = file.memo;
    const isUntouched = bytes === found.bytes && changed_ms === found.changed_ms && shown === found.shown;
    const head = isUntouched ? undefined : await this.#headOf(found);
    const likeness = head === undefined ? 'same' : file.likeness(head);
    if (likeness === 'other') return false;
    if (shown !== found.shown && likeness === 'same' && !(await this.#hasTail(file, found))) return false;
    if (spoiled === undefined && head !== undefined) this.#checkSame(file, found, likeness);
    if (shown !== found.shown)
      this.#options.report(
        'info',
        { file: shown, renamed_to: found.shown },
        'a file was renamed; reading continues',
      );
    await this.#place(file, found, likeness === 'same' ? head : undefined);
    return true;
  }

  /** Marks a file as spoiled if its content has changed, so that its positions are meaningless. */
  #checkSame(file: TrackedFile, found: FoundFile, likeness: Exclude<Likeness, 'other'>): void {
    const { position } = file;
    const isShort = !this.#options.isGzip(found.shown) && found.bytes < position;
    if (likeness === 'same' && !isShort) return;
    if (likeness === 'unclear') return; // the first line is still being written
    const message = isShort
      ? `it has ${found.bytes} bytes, fewer than were read (${position})`
      : 'lines that were read have changed';
    file.spoil(message);
    this.#options.report(
      'warn',
      { file: found.shown, detail: message, hint: SPOILED_HINT },
      'a file is not read',
    );
  }

  /** Recognizes a file with an unknown inode, or adds it as a new one. If it is not read, resolves to the reason. */
  async #admit(found: FoundFile): Promise<string | undefined> {
    const { report, follow, isGzip } = this.#options;
    const head = await this.#headOf(found);
    // A file without a whole record has nothing to read yet, and looks like many others.
    const isYoung = head.linesEnd(this.#startLines) === undefined && !head.isFull;
    if (isYoung && follow && !isGzip(found.shown)) return undefined;
    const likes = this.#candidates(head, found.shown).map((file) => ({
      file,
      likeness: file.likeness(head),
    }));
    const isNamed = ({ file }: { readonly file: TrackedFile }): boolean => file.memo.shown === found.shown;
    const gone: typeof likes = [];
    for (const like of likes) {
      const { file, likeness } = like;
      const isGone = file.found === undefined && likeness === 'same' && file.memo.head.bytes > 0;
      if (isGone && (isNamed(like) || (await this.#hasTail(file, found)))) gone.push(like);
    }
    const longest = gone.sort((a, b) => b.file.memo.head.bytes - a.file.memo.head.bytes)[0];
    const unlike = likes.filter(({ file, likeness }) => file.found === undefined && likeness !== 'other');
    const changed = unlike.find(({ file, likeness }) => likeness !== 'same' && isNamed({ file }));
    const former = gone.find(isNamed) ?? longest ?? changed;
    if (former !== undefined) {
      const { file } = former;
      const { shown } = file.memo;
      if (file.memo.spoiled === undefined && former.likeness !== 'other')
        this.#checkSame(file, found, former.likeness);
      report(
        'info',
        { file: shown, found_as: found.shown },
        'a file was moved or compressed; reading continues',
      );
      this.#files.delete(file.partition);
      this.#files.set(file.partition, file);
      await this.#place(file, found, former.likeness === 'same' ? head : undefined);
      return undefined;
    }
    const longer = unlike.find(({ likeness }) => likeness === 'shorter');
    if (longer !== undefined)
      return `it begins like ${longer.file.memo.shown} and is shorter, so it counts as an older copy of that file`;
    for (const { file, likeness } of likes) {
      if (file.found === undefined || (likeness !== 'same' && likeness !== 'shorter')) continue;
      if (await this.#copies.isCopy(found, file.found, ({ shown }) => isGzip(shown)))
        return `it is a copy of ${file.memo.shown}, whose records are read already`;
    }
    const file = this.#track(newMemo(this.#newPartition(found.shown), found.shown), undefined);
    this.#files.set(file.partition, file);
    await this.#place(file, found, head);
    this.#index(file);
    return undefined;
  }

  /** Resolves to whether `found` has the bytes that were read directly before the known file's position. */
  async #hasTail({ position, reader: { tail } }: TrackedFile, found: FoundFile): Promise<boolean> {
    const gzip = this.#options.isGzip(found.shown);
    if (tail === undefined || (!gzip && found.bytes < position)) return true;
    return hasTailAt(found, gzip, { position, tail });
  }

  /** Returns the known files that begin with the same lines, whose first lines are unknown, or that had the name. */
  #candidates(head: Head, shown: string): readonly TrackedFile[] {
    if (this.#byStart.size === 0) for (const file of this.#files.values()) this.#index(file);
    const end = head.linesEnd(this.#startLines);
    const keys = new Set([`name ${shown}`, 'no line', end === undefined ? '' : `${end} ${head.at(end)}`]);
    return [...new Set([...keys].flatMap((key) => this.#byStart.get(key) ?? []))];
  }

  #index(file: TrackedFile): void {
    const { start, shown } = file.memo;
    for (const key of [`name ${shown}`, start === undefined ? 'no line' : `${start.bytes} ${start.hash}`]) {
      const files = this.#byStart.get(key);
      if (files === undefined) this.#byStart.set(key, [file]);
      else files.push(file);
    }
  }

  async #lose(file: TrackedFile): Promise<void> {
    const { shown, bytes } = file.memo;
    const { position } = file;
    if (!this.#options.isGzip(shown) && bytes > position) {
      this.#options.report(
        'warn',
        { file: shown, read_bytes: position, bytes },
        'a file was removed or emptied before its end was read',
      );
    }
    await file.lose();
    this.#files.delete(file.partition);
    this.#files.set(file.partition, file);
    const gone = [...this.#files.values()].filter(({ found }) => found === undefined);
    const { remembered = REMEMBERED } = this.#options;
    for (const { partition } of gone.slice(0, Math.max(0, gone.length - remembered)))
      this.#files.delete(partition);
  }

  async #place(file: TrackedFile, found: FoundFile, head: Head | undefined): Promise<void> {
    const gzip = this.#options.isGzip(found.shown);
    const place = { ...found, gzip, follow: this.#options.follow && !gzip };
    await file.placeAt(place, found, head, this.#startLines);
  }

  #track(memo: FileMemo, position: number | undefined): TrackedFile {
    const { source, framing, chunkBytes, maxRecordBytes } = this.#options;
    const at = position ?? (this.#byName ? this.#start.get(memo.partition) : undefined);
    return new TrackedFile(memo, { source, framing, chunkBytes, maxRecordBytes, position: at });
  }

  #headOf(found: FoundFile): Promise<Head> {
    return readHead(found, this.#options.isGzip(found.shown), this.#startLines);
  }

  /** Returns a partition number: the hash of the name, or another number if that one is in use. */
  #newPartition(shown: string): number {
    for (let attempt = 0; ; attempt++) {
      const partition = partitionOf(attempt === 0 ? shown : `${shown}\0${attempt}`);
      const known = [this.#files, this.#given, ...(this.#byName ? [] : [this.#start])];
      if (known.some((numbers) => numbers.has(partition))) continue;
      this.#given.add(partition);
      return partition;
    }
  }
}

export const SPOILED_HINT =
  'records that were read must not change; write new ones to a new file, and move this one away';

function newMemo(partition: number, shown: string): FileMemo {
  const head = { bytes: 0, hash: '' };
  return { partition, shown, bytes: 0, changed_ms: 0, head, marks: [] };
}

/** Returns 31 bits of the name's hash. */
function partitionOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) >>> 1;
}
