import { join } from 'node:path';
import type { StateReader } from '../engine/contract.ts';
import type { Datum } from '../values/datum.ts';
import type { Disk } from '../platform/disk.ts';
import { CorruptFileError, FingerprintError } from './errors.ts';
import { decodeManifest, encodeManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { decodeKeys, encodeKeys } from './pending-keys.ts';
import type { PendingKeys } from './pending-keys.ts';
import { SnapshotBlocks, readSnapshot, writeSnapshot } from './snapshot-file.ts';
import type { SnapshotBuffer } from './snapshot-file.ts';

/** Everything that a checkpoint saves at a barrier. */
export interface CheckpointContents {
  readonly epoch: number;
  readonly now_us: number;
  readonly fingerprint: string;
  readonly positions: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly memos: Manifest['memos'];
  readonly lost: Manifest['lost'];
  readonly pending: PendingKeys;
  readonly sinks: Manifest['sinks'];
  readonly clearing: Manifest['clearing'];
  readonly commits: Manifest['commits'];
  readonly rebuilding: boolean;
  readonly state: SnapshotBuffer;
}

export interface WrittenCheckpoint {
  readonly id: number;
  readonly bytes: number;
  /** The oldest checkpoint that a restart may fall back to; what it needs must be kept. */
  readonly oldest: Manifest;
}

/** A checkpoint that was found but not used, with the reason. */
export interface SkippedCheckpoint {
  readonly id: number;
  readonly reason: string;
}

export interface LoadedCheckpoint {
  readonly manifest: Manifest;
  readonly pending: PendingKeys;
  readonly state: StateReader;
}

export interface Recovery {
  /** The newest intact checkpoint; undefined if there is none. */
  readonly checkpoint: LoadedCheckpoint | undefined;
  /** Newer checkpoints that are torn or damaged, the newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

const NAME = /^checkpoint-(\d{12})\./;
const KERNEL = 'kernel/';
const PENDING = 'pending/';

/**
 * Stores checkpoints in one directory. Renaming a checkpoint's manifest to its final name commits it: its files are
 * written and synced before, so a crash at any point leaves the previous checkpoint intact. The last `keep` checkpoints
 * (default 3) are kept, because a disk may lose what it has acknowledged.
 */
export class CheckpointStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #keep: number;
  #lastId = 0;
  /** Checkpoints known to be intact, the oldest first: written here or verified by {@link recover}. */
  #whole: Manifest[] = [];

  constructor(options: { disk: Disk; directory: string; keep?: number | undefined }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#keep = options.keep ?? 3;
  }

  /**
   * Loads the newest intact checkpoint. Call it once, before the first {@link write}. Rejects with FingerprintError if
   * another plan wrote that checkpoint; older ones are not tried, since they would silently take the pipeline back in
   * time.
   */
  async recover(fingerprint: string): Promise<Recovery> {
    await this.#disk.mkdir(this.#directory);
    const names = await this.#disk.list(this.#directory);
    for (const name of names) this.#lastId = Math.max(this.#lastId, idOf(name) ?? 0);
    const skipped: SkippedCheckpoint[] = [];
    for (const name of names.filter(isManifest).reverse()) {
      const id = idOf(name)!;
      try {
        const checkpoint = await this.#load(name);
        const found = checkpoint.manifest.fingerprint;
        if (found !== fingerprint) {
          throw new FingerprintError({
            manifest: checkpoint.manifest,
            expected: fingerprint,
            pending: checkpoint.pending,
          });
        }
        this.#whole = [checkpoint.manifest];
        return { checkpoint, skipped };
      } catch (error) {
        if (!(error instanceof CorruptFileError)) throw error;
        skipped.push({ id, reason: error.message });
      }
    }
    return { checkpoint: undefined, skipped };
  }

  async #load(manifestName: string): Promise<LoadedCheckpoint> {
    const path = join(this.#directory, manifestName);
    const manifest = decodeManifest(path, await this.#disk.readFile(path));
    const file = manifest.files[0];
    if (file === undefined || manifest.files.length !== 1 || file.kind !== 'snapshot') {
      throw new CorruptFileError(path, 'lists files that this version of freshet cannot read');
    }
    const snapshot = join(this.#directory, file.name);
    if ((await this.#disk.size(snapshot)) === undefined) throw new CorruptFileError(snapshot, 'is missing');
    const blocks = await readSnapshot(this.#disk, snapshot, file);
    const pending = new Map<string, readonly (readonly Datum[])[]>();
    for (const [name, bytes] of blocks) {
      if (name.startsWith(PENDING)) pending.set(name.slice(PENDING.length), decodeKeys(bytes));
    }
    return { manifest, pending, state: new SnapshotBlocks(blocks, KERNEL) };
  }

  /**
   * Writes a checkpoint. Once it resolves, a restart begins there. If it rejects (disk full), the previous checkpoint
   * stays the newest, and the call may be repeated with a later state. Calls must not overlap.
   */
  async write(contents: CheckpointContents): Promise<WrittenCheckpoint> {
    const id = ++this.#lastId;
    const stem = `checkpoint-${String(id).padStart(12, '0')}`;
    const snapshotName = `${stem}.snapshot`;
    const final = join(this.#directory, `${stem}.manifest`);
    const temporary = `${final}.tmp`;
    try {
      const blocks: (readonly [string, Uint8Array])[] = [];
      for (const [name, bytes] of contents.state.entries()) blocks.push([KERNEL + name, bytes]);
      for (const [sink, keys] of contents.pending) blocks.push([PENDING + sink, encodeKeys(keys)]);
      const snapshot = await writeSnapshot(this.#disk, join(this.#directory, snapshotName), blocks);
      const manifest: Manifest = {
        id,
        epoch: contents.epoch,
        now_us: contents.now_us,
        fingerprint: contents.fingerprint,
        positions: contents.positions,
        memos: contents.memos,
        lost: contents.lost,
        sinks: contents.sinks,
        clearing: contents.clearing,
        commits: contents.commits,
        rebuilding: contents.rebuilding,
        files: [{ kind: 'snapshot', name: snapshotName, ...snapshot }],
      };
      const text = encodeManifest(manifest);
      const file = await this.#disk.open(temporary, 'create');
      try {
        await file.append(text);
        await file.sync();
      } finally {
        await file.close();
      }
      // The snapshot's name must be durable before the manifest's can be.
      await this.#disk.syncDirectory(this.#directory);
      await this.#disk.rename(temporary, final);
      await this.#disk.syncDirectory(this.#directory);
      this.#whole.push(manifest);
      if (this.#whole.length > this.#keep) this.#whole.splice(0, this.#whole.length - this.#keep);
      return { id, bytes: snapshot.bytes + text.length, oldest: this.#whole[0]! };
    } catch (error) {
      // Makes room for the next attempt. `collect` removes later what cannot be removed now.
      for (const path of [temporary, final, join(this.#directory, snapshotName)]) {
        await this.#disk.remove(path).catch(() => {});
      }
      throw error;
    }
  }

  /**
   * Removes the files that no restart needs: everything older than the oldest kept checkpoint, and remains of failed
   * writes. Once it resolves they are durably removed, so that what they needed may be released.
   */
  async collect(): Promise<void> {
    const oldest = this.#whole[0]?.id;
    if (oldest === undefined) return;
    const names = await this.#disk.list(this.#directory);
    const finished = new Set(names.filter(isManifest).map(idOf));
    const useless = names.filter((name) => {
      const id = idOf(name);
      return id !== undefined && (id < oldest || !finished.has(id));
    });
    for (const name of useless) await this.#disk.remove(join(this.#directory, name));
    // Otherwise a power cut could bring back a checkpoint whose positions the sources no longer retain.
    if (useless.length > 0) await this.#disk.syncDirectory(this.#directory);
  }
}

function idOf(name: string): number | undefined {
  const match = NAME.exec(name);
  return match === null ? undefined : Number(match[1]);
}

function isManifest(name: string): boolean {
  return NAME.test(name) && name.endsWith('.manifest');
}
