import { evenText } from '../values/double.ts';
import { numericAbs, numericFormat, numericParse, numericRound } from '../values/numeric.ts';
import { SqlValueError } from '../values/sql-error.ts';

interface NumberTemplate {
  /** '9', '0' or ',' for each place before the point. */
  readonly whole: readonly string[];
  readonly fraction: readonly string[];
  readonly point: boolean;
  readonly fill: boolean;
  readonly sign: 'leading' | 'S-first' | 'S-last' | 'MI-first' | 'MI-last';
}

const SIGN_FIRST: Readonly<Record<string, NumberTemplate['sign']>> = { S: 'S-first', MI: 'MI-first' };
const SIGN_LAST: Readonly<Record<string, NumberTemplate['sign']>> = { S: 'S-last', MI: 'MI-last' };

function unsupported(template: string): SqlValueError {
  return new SqlValueError('0A000', `to_char number template ${JSON.stringify(template)} is not supported`);
}

function parse(template: string): NumberTemplate {
  const m = /^(FM)?(S|MI)?([90,G]*)([.D]([90]*))?(S|MI)?$/i.exec(template);
  if (m === null || (m[2] !== undefined && m[6] !== undefined)) throw unsupported(template);
  const whole = [...m[3]!.toUpperCase().replaceAll('G', ',')];
  if (whole.length === 0 && (m[5] ?? '') === '') throw unsupported(template);
  const first = m[2]?.toUpperCase();
  const last = m[6]?.toUpperCase();
  const sign = first !== undefined ? SIGN_FIRST[first]! : last !== undefined ? SIGN_LAST[last]! : 'leading';
  return { whole, fraction: [...(m[5] ?? '')], point: m[4] !== undefined, fill: m[1] !== undefined, sign };
}

/**
 * Returns `to_char(numeric, template)` with the patterns 9 0 . , D G S MI FM. As in PostgreSQL, a number too large for
 * the template becomes `#`. Throws 0A000 for other patterns.
 */
export function numberToChar(x: bigint, text: string): string {
  const template = parse(text);
  const rounded = numericRound(x, template.fraction.length);
  return write(rounded, rounded < 0n, template);
}

/**
 * Returns {@link numberToChar} of a finite double with at most `digits` significant digits. As in PostgreSQL, halves
 * round to even, and a negative number that rounds to zero keeps its sign.
 */
export function doubleToChar(x: number, text: string, digits: number): string {
  const template = parse(text);
  const rounded = (places: number): bigint =>
    numericParse(Number.isInteger(x) ? String(BigInt(x)) : evenText(x, places, (n) => x.toFixed(n)));
  const left = digits - numericFormat(numericAbs(rounded(0))).length;
  const fraction = template.fraction.slice(0, Math.max(left, 0));
  return write(rounded(fraction.length), x < 0, { ...template, fraction });
}

function write(rounded: bigint, negative: boolean, template: NumberTemplate): string {
  const [wholeDigits = '0', fractionDigits = ''] = numericFormat(numericAbs(rounded)).split('.');
  const places = template.whole.filter((c) => c !== ',').length;
  const tooLarge = wholeDigits.length > places && (wholeDigits !== '0' || places === 0);
  const firstZero = template.whole.indexOf('0');
  const digits = (wholeDigits === '0' ? '' : wholeDigits).padStart(places, ' ');

  // Whether the last 9 before the point shows a zero.
  const zeroShows =
    rounded === 0n && template.fill ? !template.fraction.includes('0') : template.fraction.length === 0;

  let body = '';
  let place = 0;
  let started = false;
  template.whole.forEach((c, i) => {
    if (c === ',') {
      body += tooLarge ? ',' : started ? ',' : ' ';
      return;
    }
    const digit = digits[place++]!;
    if (tooLarge) body += '#';
    else if (digit !== ' ') body += digit;
    else if (firstZero >= 0 && i >= firstZero) body += '0';
    else if (place === places && zeroShows) body += '0';
    else body += ' ';
    if (tooLarge || !body.endsWith(' ')) started = true;
  });
  if (template.point && (tooLarge || template.fraction.length > 0)) body += '.';
  template.fraction.forEach((_, i) => {
    body += tooLarge ? '#' : (fractionDigits[i] ?? '0');
  });
  return withSign(template.fill ? trimmed(body, template, tooLarge) : body, template, negative);
}

/** Applies FM: removes padding, and trailing zeros at places of a 9. */
function trimmed(body: string, template: NumberTemplate, tooLarge: boolean): string {
  let text = body.trimStart();
  if (tooLarge) return text;
  for (
    let i = template.fraction.length - 1;
    i >= 0 && template.fraction[i] === '9' && text.endsWith('0');
    i--
  ) {
    text = text.slice(0, -1);
  }
  return text;
}

function withSign(body: string, template: NumberTemplate, negative: boolean): string {
  const blank = template.fill ? '' : ' ';
  const at = body.length - body.trimStart().length;
  const before = (mark: string): string => body.slice(0, at) + mark + body.slice(at);
  switch (template.sign) {
    case 'S-first':
      return before(negative ? '-' : '+');
    case 'S-last':
      return body + (negative ? '-' : '+');
    case 'MI-first':
      return (negative ? '-' : blank) + body;
    case 'MI-last':
      return body + (negative ? '-' : blank);
    case 'leading':
      return before(negative ? '-' : blank);
  }
}
