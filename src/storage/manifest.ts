import { crc32 } from 'node:zlib';
import { CorruptFileError } from './errors.ts';

/** A split in which a source cannot go on where it had come to. */
export interface LostPosition {
  readonly split: string;
  /** The next record that the pipeline has not got. */
  readonly offset: string;
  /** Where it can go on; undefined: the split is gone. */
  readonly resume: string | undefined;
  /** Records between the two that the pipeline will never get; undefined: not known. */
  readonly missing: number | undefined;
}

/** What is known of a source whose position was lost; it is kept in checkpoints until a person has decided. */
export interface LostSource {
  readonly message: string;
  readonly positions: readonly LostPosition[];
}

/** One file of a checkpoint's state. Segments of changes on top of a snapshot will be further kinds, in order. */
export interface StateFile {
  readonly kind: 'snapshot';
  readonly name: string;
  readonly bytes: number;
  readonly checksum: number;
}

/** What a checkpoint is: the root from which everything else of it is found and checked. */
export interface Manifest {
  readonly id: number;
  /** Of the barrier that the state is of. */
  readonly epoch: number;
  readonly now_us: number;
  readonly fingerprint: string;
  /** Source to split to the offset of the next record, in text that only the source understands. */
  readonly positions: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Source to what it remembers besides positions. */
  readonly memos: ReadonlyMap<string, string>;
  /** Source to why its position is gone, where a person has not decided yet. */
  readonly lost: ReadonlyMap<string, LostSource>;
  /** Sink to its destination, of sinks that were handed every row of their view. */
  readonly sinks: ReadonlyMap<string, string>;
  /** Of those, the sinks whose destination may hold items that no row stands for: of versions below this one. */
  readonly clearing: ReadonlyMap<string, number>;
  /** The views lack rows: they were being rebuilt, and the sources had not caught up. */
  readonly rebuilding: boolean;
  readonly files: readonly StateFile[];
}

const FORMAT = 2;
const FIRST_LINE = /^freshet checkpoint (\d+) ([0-9a-f]{8})$/;

/** Text: a first line with format and checksum, then JSON that a person can read. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const body = JSON.stringify(
    {
      ...manifest,
      positions: Object.fromEntries(
        [...manifest.positions].map(([source, splits]) => [source, Object.fromEntries(splits)]),
      ),
      memos: Object.fromEntries(manifest.memos),
      lost: Object.fromEntries(manifest.lost),
      sinks: Object.fromEntries(manifest.sinks),
      clearing: Object.fromEntries(manifest.clearing),
    },
    null,
    1,
  );
  const sum = crc32(body).toString(16).padStart(8, '0');
  return new TextEncoder().encode(`freshet checkpoint ${FORMAT} ${sum}\n${body}\n`);
}

/** Throws CorruptFileError. */
export function decodeManifest(path: string, bytes: Uint8Array): Manifest {
  const text = new TextDecoder().decode(bytes);
  const cut = text.indexOf('\n');
  const head = FIRST_LINE.exec(text.slice(0, Math.max(cut, 0)));
  if (head === null || !text.endsWith('\n')) throw new CorruptFileError(path, 'is not a whole manifest');
  const body = text.slice(cut + 1, -1);
  if (Number(head[1]) !== FORMAT) {
    throw new CorruptFileError(path, `has manifest format ${head[1]}, this version reads ${FORMAT}`);
  }
  if (crc32(body) !== parseInt(head[2]!, 16)) throw new CorruptFileError(path, 'does not match its checksum');
  const raw = JSON.parse(body) as Omit<Manifest, 'positions' | 'memos' | 'lost' | 'sinks' | 'clearing'> & {
    readonly positions: Record<string, Record<string, string>>;
    readonly memos?: Record<string, string>;
    readonly lost?: Record<string, LostSource>;
    readonly sinks?: Record<string, string>;
    readonly clearing?: Record<string, number>;
  };
  return {
    ...raw,
    memos: new Map(Object.entries(raw.memos ?? {})),
    lost: new Map(Object.entries(raw.lost ?? {})),
    sinks: new Map(Object.entries(raw.sinks ?? {})),
    clearing: new Map(Object.entries(raw.clearing ?? {})),
    rebuilding: raw.rebuilding ?? false,
    positions: new Map(
      Object.entries(raw.positions).map(([source, splits]) => [source, new Map(Object.entries(splits))]),
    ),
  };
}
