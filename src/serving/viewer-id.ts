import { ApiProblem } from './problem.ts';
import type { ViewerIdType } from './profile-store.ts';

const MAX_ID = 9223372036854775807n;
/** Of a DynamoDB partition key. */
const MAX_BYTES = 2048;

/**
 * The viewer id of a path as the table's key has it: a number in its one written form, or any text. Throws ApiProblem
 * 400 for what cannot be one.
 */
export function parseViewerId(text: string, type: ViewerIdType): string {
  if (type === 'S') {
    if (text !== '' && Buffer.byteLength(text) <= MAX_BYTES) return text;
    throw new ApiProblem('invalid-viewer-id', 400, `a viewer id is a text of 1 to ${MAX_BYTES} bytes`);
  }
  if (!/^\d{1,19}$/.test(text) || BigInt(text) > MAX_ID) {
    throw new ApiProblem(
      'invalid-viewer-id',
      400,
      `a viewer id is a number of up to 19 digits, not above ${MAX_ID}`,
    );
  }
  return `${BigInt(text)}`;
}
