import { ApiProblem } from './problem.ts';
import type { ProfileKey } from './profile-key.ts';

/** Maximum significant digits of a DynamoDB number. */
const MAX_DIGITS = 38;
/** Longest text of a DynamoDB number, which is below 10^126 or has as many decimals. */
const MAX_CHARS = 170;
/** Maximum bytes of a DynamoDB partition key. */
const MAX_BYTES = 2048;

/**
 * Returns the id of a path as the value of the table's partition key: a number in canonical form (`-42`,
 * `10.5`) or any text, so that every key that a sink can write can be read. Throws ApiProblem 400 for anything else.
 */
export function parseViewerId(text: string, { name, type }: ProfileKey['partition']): string {
  if (type === 'S') {
    if (text !== '' && Buffer.byteLength(text) <= MAX_BYTES) return text;
    throw new ApiProblem('invalid-viewer-id', 400, `${name} must be a text of 1 to ${MAX_BYTES} bytes`);
  }
  const number = text.length > MAX_CHARS ? undefined : plainNumber(text);
  if (number === undefined) {
    const detail = `${name} must be a number of up to ${MAX_DIGITS} digits, such as 8821043`;
    throw new ApiProblem('invalid-viewer-id', 400, detail);
  }
  return number;
}

/** Removes leading and trailing zeros. Returns undefined if `text` is not a decimal number or has too many digits. */
function plainNumber(text: string): string | undefined {
  const m = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text);
  if (m === null || !/\d/.test(text)) return undefined;
  const [, sign, whole = '', fraction = ''] = m;
  const digits = `${whole}${fraction}`.replace(/^0+|0+$/g, '');
  if (digits === '') return '0';
  if (digits.length > MAX_DIGITS) return undefined;
  return `${sign}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
}
