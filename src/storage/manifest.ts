import { crc32 } from 'node:zlib';
import { CorruptFileError } from './errors.ts';

/** A split that a source cannot continue from its saved position. */
export interface LostPosition {
  readonly split: string;
  /** Offset of the next record that the pipeline has not read. */
  readonly offset: string;
  /** Offset from which reading can continue; undefined if the split is gone. */
  readonly resume: string | undefined;
  /** Number of records between the two offsets, which the pipeline can no longer read; undefined if unknown. */
  readonly missing: number | undefined;
}

/** A source that lost its positions. Checkpoints keep it until an operator decides how to continue. */
export interface LostSource {
  readonly message: string;
  readonly positions: readonly LostPosition[];
}

/** One file of a checkpoint's state. */
export interface StateFile {
  readonly kind: 'snapshot';
  readonly name: string;
  readonly bytes: number;
  readonly checksum: number;
}

/** Root of a checkpoint: names and verifies all of its other parts. */
export interface Manifest {
  readonly id: number;
  /** Epoch of the barrier at which the state was saved. */
  readonly epoch: number;
  readonly now_us: number;
  readonly fingerprint: string;
  /** Source to split to the offset of the next record, as text that only the source interprets. */
  readonly positions: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Source to the text that it saves besides positions. */
  readonly memos: ReadonlyMap<string, string>;
  /** Sources with lost positions that await an operator's decision. */
  readonly lost: ReadonlyMap<string, LostSource>;
  /** Sink to its destination, for sinks that have received every row of their view. */
  readonly sinks: ReadonlyMap<string, string>;
  /** Sink to a version: its destination may hold items without a row, all of lower versions. */
  readonly clearing: ReadonlyMap<string, number>;
  /** Commit sink to the token of the commit that belongs to this checkpoint. */
  readonly commits: ReadonlyMap<string, string>;
  /** True if the views lack rows, because they were being rebuilt and the sources had not caught up. */
  readonly rebuilding: boolean;
  readonly files: readonly StateFile[];
}

const FORMAT = 2;
const FIRST_LINE = /^freshet checkpoint (\d+) ([0-9a-f]{8})$/;

/** Encodes a manifest as text: a first line with format and checksum, then indented JSON. */
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
      commits: Object.fromEntries(manifest.commits),
    },
    null,
    1,
  );
  const sum = crc32(body).toString(16).padStart(8, '0');
  return new TextEncoder().encode(`freshet checkpoint ${FORMAT} ${sum}\n${body}\n`);
}

/** Decodes a manifest. Throws CorruptFileError if it is damaged or has another format. */
export function decodeManifest(path: string, bytes: Uint8Array): Manifest {
  const text = new TextDecoder().decode(bytes);
  const cut = text.indexOf('\n');
  const head = FIRST_LINE.exec(text.slice(0, Math.max(cut, 0)));
  if (head === null || !text.endsWith('\n')) throw new CorruptFileError(path, 'is not a complete manifest');
  const body = text.slice(cut + 1, -1);
  if (Number(head[1]) !== FORMAT) {
    throw new CorruptFileError(
      path,
      `has manifest format ${head[1]}; this version of freshet reads ${FORMAT}`,
    );
  }
  if (crc32(body) !== parseInt(head[2]!, 16)) throw new CorruptFileError(path, 'does not match its checksum');
  const raw = JSON.parse(body) as Omit<
    Manifest,
    'positions' | 'memos' | 'lost' | 'sinks' | 'clearing' | 'commits'
  > & {
    readonly positions: Record<string, Record<string, string>>;
    readonly memos?: Record<string, string>;
    readonly lost?: Record<string, LostSource>;
    readonly sinks?: Record<string, string>;
    readonly clearing?: Record<string, number>;
    readonly commits?: Record<string, string>;
  };
  return {
    ...raw,
    memos: new Map(Object.entries(raw.memos ?? {})),
    lost: new Map(Object.entries(raw.lost ?? {})),
    sinks: new Map(Object.entries(raw.sinks ?? {})),
    clearing: new Map(Object.entries(raw.clearing ?? {})),
    commits: new Map(Object.entries(raw.commits ?? {})),
    rebuilding: raw.rebuilding ?? false,
    positions: new Map(
      Object.entries(raw.positions).map(([source, splits]) => [source, new Map(Object.entries(splits))]),
    ),
  };
}
