/**
 * How a value is brought into canonical text, so that values of two engines can be compared. PostgreSQL's column type
 * decides for both sides, whether the value is a number, a bigint or text.
 */
export type Kind = 'text' | 'number' | 'date' | 'timestamp' | 'boolean' | 'json';

const KINDS = new Map<number, Kind>([
  [16, 'boolean'],
  [20, 'number'],
  [21, 'number'],
  [23, 'number'],
  [700, 'number'],
  [701, 'number'],
  [1700, 'number'],
  [25, 'text'],
  [1043, 'text'],
  [705, 'text'],
  [1082, 'date'],
  [1114, 'timestamp'],
  [1184, 'timestamp'],
  [114, 'json'],
  [3802, 'json'],
  [1009, 'json'],
  [1015, 'json'],
]);

export function kindOfOid(oid: number): Kind {
  const kind = KINDS.get(oid);
  if (kind === undefined) throw new Error(`the oracle does not know PostgreSQL type ${oid}`);
  return kind;
}

export interface CanonicalOptions {
  /** Digits after the point to which numbers are rounded, half away from zero. Undefined: no rounding. */
  readonly digits?: number | undefined;
}

export function canonical(value: unknown, kind: Kind, options: CanonicalOptions = {}): string {
  if (value === null || value === undefined) return 'NULL';
  switch (kind) {
    case 'number':
      return canonicalNumber(String(value), options.digits);
    case 'boolean':
      return value === true || value === 'true' || value === 't' ? 'true' : 'false';
    case 'date':
      return String(value).slice(0, 10);
    case 'timestamp':
      return String(value)
        .replace('T', ' ')
        .replace(/(?:Z|\+00(?::?00)?)$/, '')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
    case 'json':
      return canonicalJson(typeof value === 'string' ? (JSON.parse(value) as unknown) : value);
    case 'text':
      return JSON.stringify(String(value));
  }
}

/** Returns a number as decimal text without an exponent, superfluous zeros or a negative zero. */
export function canonicalNumber(text: string, digits?: number): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text.trim());
  if (match === null) throw new Error(`not a number: ${text}`);
  let scaled = BigInt(match[2]! + (match[3] ?? ''));
  let scale = (match[3] ?? '').length - Number(match[4] ?? 0);
  if (scale < 0) {
    scaled *= 10n ** BigInt(-scale);
    scale = 0;
  }
  if (digits !== undefined && scale > digits) {
    const unit = 10n ** BigInt(scale - digits);
    scaled = (scaled + unit / 2n) / unit;
    scale = digits;
  }
  const all = scaled.toString().padStart(scale + 1, '0');
  const whole = all.slice(0, all.length - scale);
  const fraction = all.slice(all.length - scale).replace(/0+$/, '');
  const sign = match[1] === '-' && scaled !== 0n ? '-' : '';
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
