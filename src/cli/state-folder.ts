import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What a pipeline keeps in its state folder. `--reset` deletes these and nothing else. */
export const STATE_PARTS: readonly string[] = [
  'checkpoints',
  'delivery',
  'dead-letters',
  'topics',
  'dynamodb',
];

/** Returns true if `path` holds the state of a pipeline, or its lock. */
export function isStateFolder(path: string): boolean {
  return [...STATE_PARTS, 'lock'].some((part) => existsSync(join(path, part)));
}
