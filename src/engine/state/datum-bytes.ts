import type { Datum, Interval } from '../../values/datum.ts';

/** Encodes datums as JSON, with tags for what JSON lacks. Only rare columns (arrays, jsonb, intervals) use it. */
export function encodeDatums(values: readonly Datum[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(values.map(pack)));
}

export function decodeDatums(bytes: Uint8Array): Datum[] {
  return (JSON.parse(new TextDecoder().decode(bytes)) as Packed[]).map(unpack);
}

type Packed = null | boolean | number | string | { readonly t: string; readonly x: unknown };

function pack(value: Datum): Packed {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { t: 'f', x: String(value) };
  if (typeof value === 'bigint') return { t: 'n', x: value.toString() };
  if (value instanceof Uint8Array) return { t: 'b', x: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { t: 'a', x: (value as readonly Datum[]).map(pack) };
  return { t: 'i', x: value };
}

function unpack(value: Packed): Datum {
  if (value === null || typeof value !== 'object') return value;
  switch (value.t) {
    case 'f':
      return Number(value.x);
    case 'n':
      return BigInt(value.x as string);
    case 'b':
      return Uint8Array.from(Buffer.from(value.x as string, 'base64'));
    case 'a':
      return (value.x as Packed[]).map(unpack);
    case 'i':
      return value.x as Interval;
    default:
      throw new Error(`unknown datum tag '${value.t}'`);
  }
}
