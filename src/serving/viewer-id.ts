import { ApiProblem } from './problem.ts';
import type { ProfileKeySchema } from '../client/schema.ts';
import { decimalText, isKeyText, MAX_BYTES, MAX_DIGITS } from '../client/viewer-key.ts';

/**
 * Returns the id of a path as the value of the table's partition key: a number in canonical form (`-42`,
 * `10.5`) or any text, so that every key that a sink can write can be read. Throws ApiProblem 400 for anything else.
 */
export function parseViewerId(text: string, { name, type }: ProfileKeySchema['partition']): string {
  if (type === 'S') {
    if (isKeyText(text)) return text;
    throw new ApiProblem('invalid-viewer-id', 400, `${name} must be a text of 1 to ${MAX_BYTES} bytes`);
  }
  const number = decimalText(text);
  if (number === undefined) {
    const detail = `${name} must be a number of up to ${MAX_DIGITS} digits, such as 8821043`;
    throw new ApiProblem('invalid-viewer-id', 400, detail);
  }
  return number;
}
