import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What a pipeline keeps in its state folder; nothing else in it is ever removed. */
export const STATE_PARTS: readonly string[] = [
  'checkpoints',
  'delivery',
  'dead-letters',
  'topics',
  'dynamodb',
];

/** True if a pipeline keeps its state in `path`, or has begun to. */
export function isStateFolder(path: string): boolean {
  return [...STATE_PARTS, 'lock'].some((part) => existsSync(join(path, part)));
}
