import { ApiProblem } from './problem.ts';

const MAX_ID = 9223372036854775807n;

/** The viewer id of a path in its one written form. Throws ApiProblem 400 for what is not a BIGINT in digits. */
export function parseViewerId(text: string): string {
  if (!/^\d{1,19}$/.test(text) || BigInt(text) > MAX_ID) {
    throw new ApiProblem(
      'invalid-viewer-id',
      400,
      `a viewer id is a number of up to 19 digits, not above ${MAX_ID}`,
    );
  }
  return `${BigInt(text)}`;
}
