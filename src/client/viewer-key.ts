import { ProfileReadError } from './read-error.ts';
import type { ProfileKeySchema } from './schema.ts';

/** What a viewer id may be. An integer beyond 2^53 is a bigint or its decimal text, since a number would round it. */
export type ViewerId = number | bigint | string;

/** Maximum significant digits of a DynamoDB number. */
export const MAX_DIGITS = 38;
/** Longest text of a DynamoDB number, which is below 10^126 or has as many decimals. */
const MAX_CHARS = 170;
/** Maximum bytes of a DynamoDB partition key. */
export const MAX_BYTES = 2048;

/**
 * Returns a viewer id as the text of the partition key's value: a number in canonical form, or the text itself. Throws
 * ProfileReadError `invalid_viewer` for an id that no item can have.
 */
export function viewerText(viewer: ViewerId, { name, type }: ProfileKeySchema['partition']): string {
  if (type === 'S') {
    if (typeof viewer === 'string' && isKeyText(viewer)) return viewer;
    throw invalid(viewer, name, `it must be a text of 1 to ${MAX_BYTES} bytes`);
  }
  if (typeof viewer === 'number' && Number.isInteger(viewer) && !Number.isSafeInteger(viewer)) {
    throw invalid(
      viewer,
      name,
      'a number beyond 2^53 may have been rounded',
      'hand it over as a bigint or as text',
    );
  }
  const text = decimalText(typeof viewer === 'number' ? plainText(viewer) : `${viewer}`);
  if (text !== undefined) return text;
  throw invalid(viewer, name, `it must be a number of up to ${MAX_DIGITS} digits, such as 8821043`);
}

/** Returns whether a text can be a partition key. */
export function isKeyText(text: string): boolean {
  return text !== '' && (text.length * 3 <= MAX_BYTES || Buffer.byteLength(text) <= MAX_BYTES);
}

/** Removes leading and trailing zeros. Returns undefined if `text` is not a decimal number or has too many digits. */
export function decimalText(text: string): string | undefined {
  if (CANONICAL.test(text)) return text;
  if (text.length > MAX_CHARS) return undefined;
  const m = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text);
  if (m === null || !/\d/.test(text)) return undefined;
  const [, sign, whole = '', fraction = ''] = m;
  const digits = `${whole}${fraction}`.replace(/^0+|0+$/g, '');
  if (digits === '') return '0';
  if (digits.length > MAX_DIGITS) return undefined;
  return `${sign}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
}

const CANONICAL = /^[1-9]\d{0,37}$/;

/** Returns a number without an exponent; text that is no number stays what it is, and is refused. */
function plainText(number: number): string {
  const text = `${number}`;
  const m = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text);
  if (m === null) return text;
  const [, sign, whole, fraction = '', exponent] = m;
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${whole}${fraction}`;
}

function invalid(viewer: unknown, name: string, why: string, hint?: string): ProfileReadError {
  const shown = typeof viewer === 'string' ? JSON.stringify(viewer.slice(0, 40)) : String(viewer);
  return new ProfileReadError('invalid_viewer', `${shown} is no ${name}: ${why}`, { hint });
}
