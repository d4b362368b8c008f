import { type Dirent, type Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { messageOf } from '../../values/error-message.ts';

/** A file as a scan of the folder found it. */
export interface FoundFile {
  readonly path: string;
  /** Its path relative to the root, with `/`. Messages and INCLUDE file show it. */
  readonly shown: string;
  /** The file's identity under any name: `device:inode`. */
  readonly id: string;
  /** Size on disk, compressed or not. */
  readonly bytes: number;
  /** Time of the last change of its content, its name or its permissions (`ctime`). */
  readonly changed_ms: number;
}

/** A path that is not read, and why. */
export interface RefusedPath {
  readonly shown: string;
  readonly message: string;
  readonly hint: string;
}

/** The result of a scan of the folder. */
export interface Listing {
  /** Files whose names match, in name order; a file with several names is listed once. */
  readonly files: readonly FoundFile[];
  readonly refused: readonly RefusedPath[];
  /** Resolves to the files below the root whose names do not match. */
  others(): Promise<readonly FoundFile[]>;
  /** Resolves to the file with this name among them, or to undefined. */
  other(shown: string): Promise<FoundFile | undefined>;
  /** True if there are no files below the root, as when a mount is missing. */
  readonly isEmpty: boolean;
}

interface Entry {
  readonly path: string;
  readonly shown: string;
  readonly isLink: boolean;
}

/**
 * Lists the files below `root`. The target of a link must be below the root too: a link that points outside is refused.
 * A link to a folder below the root is not followed, because the folder is listed itself. Rejects with the file
 * system's error if the root cannot be listed; a folder below it that cannot be listed is refused.
 */
export async function listFolder(root: string, matches: RegExp): Promise<Listing> {
  const realRoot = await realpath(root);
  const refused: RefusedPath[] = [];
  const matching: Entry[] = [];
  const others: Entry[] = [];
  const walk = async (folder: string, below: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const shown = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        await walk(path, shown).catch((error: unknown) => refused.push(...refusalOf(shown, error)));
      } else if (isFileOrLink(entry)) {
        (matches.test(shown) ? matching : others).push({ path, shown, isLink: entry.isSymbolicLink() });
      }
    }
  };
  await walk(realRoot, '');
  const files = new Map<string, FoundFile>();
  // A file's own name comes before the names of links to it.
  const inOrder = matching.sort((a, b) => Number(a.isLink) - Number(b.isLink) || compare(a.shown, b.shown));
  for (const found of await atOnce(inOrder, (entry) => find(entry, realRoot, refused)))
    if (found !== undefined && !files.has(found.id)) files.set(found.id, found);
  return {
    files: [...files.values()].sort((a, b) => compare(a.shown, b.shown)),
    refused,
    others: async () => {
      const own = others.filter(({ isLink }) => !isLink);
      const found = await atOnce(own, (entry) => statOf(entry).catch(() => undefined));
      return found.filter((file) => file !== undefined);
    },
    other: async (shown) => {
      const entry = others.find((each) => !each.isLink && each.shown === shown);
      return entry === undefined ? undefined : statOf(entry).catch(() => undefined);
    },
    isEmpty: matching.length + others.length === 0,
  };
}

/** Number of files examined concurrently: in a large folder, a scan spends most of its time waiting for the disk. */
const AT_ONCE = 32;

/** Runs `work` on {@link AT_ONCE} items at a time. Resolves to the results in the order of the items. */
async function atOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return results;
}

/** The character that replaces bytes of a name that are not UTF-8. */
const REPLACED = '\ufffd';

/** Returns the refusal for an error; none for a path that no longer exists, or for a dangling link. */
function refusalOf(shown: string, error: unknown): readonly RefusedPath[] {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
    return [{ shown, message: messageOf(error), hint: 'give this process permission to read it' }];
  return shown.includes(REPLACED) ? [{ shown, message: 'its name is not UTF-8', hint: 'rename it' }] : [];
}

function isFileOrLink(entry: Dirent): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}

/** Resolves to the file of an entry. Resolves to undefined if it is refused or not a regular file. */
async function find(entry: Entry, realRoot: string, refused: RefusedPath[]): Promise<FoundFile | undefined> {
  const refuse = (error: unknown): undefined => void refused.push(...refusalOf(entry.shown, error));
  if (!entry.isLink) return statOf(entry).catch(refuse);
  const target = await realpath(entry.path).catch(refuse);
  if (target === undefined) return undefined;
  const inside = target === realRoot || target.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
  if (inside) return statOf({ ...entry, path: target }).catch(refuse);
  refused.push({
    shown: entry.shown,
    message: 'the link points outside posix_fs.root',
    hint: 'put the file itself into the folder, or set posix_fs.root to a folder that holds both',
  });
  return undefined;
}

/** Resolves to undefined if the path is not a regular file. Rejects with the file system's error. */
async function statOf({ path, shown }: Entry): Promise<FoundFile | undefined> {
  const found = await stat(path);
  if (!found.isFile()) return undefined;
  return { path, shown, id: idOf(found), bytes: found.size, changed_ms: found.ctimeMs };
}

/** Returns a file's identity under any name: `device:inode`. */
export function idOf({ dev, ino }: Pick<Stats, 'dev' | 'ino'>): string {
  return `${dev}:${ino}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
