import type { Datum } from '../values/datum.ts';
import { formatTimestamp } from '../values/datetime.ts';
import { formatDouble, realAsShortestDouble } from '../values/double.ts';
import { compareJsonKeys, quoteJson } from '../values/json.ts';
import { canonicalNumber } from '../values/json-number.ts';
import { joinTexts } from '../values/size-limit.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { formatDatum } from '../values/text.ts';
import { JSONB } from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import { define, functionId, memo } from './define.ts';
import type { Family } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { withoutUnknown } from './resolve.ts';

/** Returns a datum of any type as canonical jsonb text, like PostgreSQL's to_jsonb. NULL is JSON null. */
export function toJsonb(type: SqlType, value: Datum): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'boolean':
      return value === true ? 'true' : 'false';
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
      return formatDatum(type, value);
    case 'real':
    case 'double': {
      const x = type.kind === 'real' ? realAsShortestDouble(value as number) : (value as number);
      return Number.isFinite(x) ? canonicalNumber(String(x)) : `"${formatDouble(x)}"`;
    }
    case 'jsonb':
      return value as string;
    case 'timestamp':
      return `"${formatTimestamp(value as number, 'T')}"`;
    case 'timestamptz':
      return `"${formatTimestamp(value as number, 'T')}+00:00"`;
    case 'array': {
      const items = (value as readonly Datum[]).map((item) => toJsonb(type.element, item));
      return `[${joinTexts(items, ', ')}]`;
    }
    default:
      return quoteJson(formatDatum(type, value));
  }
}

/** Returns a jsonb object of keys and canonical JSON values. The last of equal keys wins. */
export function jsonbObjectText(entries: Iterable<readonly [string, string]>): string {
  const map = new Map(entries);
  const sorted = [...map].sort((a, b) => compareJsonKeys(a[0], b[0]));
  const members = sorted.map(([key, value]) => `${quoteJson(key)}: ${value}`);
  return `{${joinTexts(members, ', ')}}`;
}

/** Returns the text of an object's key. Throws 22023 for NULL, arrays and jsonb. */
export function jsonbKey(type: SqlType, value: Datum): string {
  if (value === null) throw new SqlValueError('22023', 'null value not allowed for object key');
  if (type.kind === 'array' || type.kind === 'jsonb') {
    throw new SqlValueError('22023', 'key value must be scalar, not array or json');
  }
  if (type.kind === 'boolean') return value === true ? 'true' : 'false';
  return type.kind === 'timestamp' || type.kind === 'timestamptz'
    ? toJsonb(type, value).slice(1, -1)
    : formatDatum(type, value);
}

const cache = new Map<string, ScalarFunction>();

function buildObject(types: readonly SqlType[]): ScalarFunction {
  return define(
    'jsonb_build_object',
    types,
    JSONB,
    (...values: Datum[]) => {
      const entries: [string, string][] = [];
      for (let i = 0; i < values.length; i += 2) {
        entries.push([jsonbKey(types[i]!, values[i]!), toJsonb(types[i + 1]!, values[i + 1]!)]);
      }
      return jsonbObjectText(entries);
    },
    { strict: false },
  );
}

function buildArray(types: readonly SqlType[]): ScalarFunction {
  return define(
    'jsonb_build_array',
    types,
    JSONB,
    (...values: Datum[]) =>
      `[${joinTexts(
        values.map((value, i) => toJsonb(types[i]!, value)),
        ', ',
      )}]`,
    { strict: false },
  );
}

function anyTypes(name: string, make: (types: readonly SqlType[]) => ScalarFunction | undefined): Family {
  return {
    name,
    derive: (args) => {
      const types = withoutUnknown(args);
      const found = cache.get(functionId(name, types));
      if (found !== undefined) return [found];
      const made = make(types);
      return made === undefined ? [] : [memo(() => made, made.id, cache)];
    },
  };
}

function extractPath(name: string, operator: ScalarFunction): Family {
  return anyTypes(name, (types) => {
    if (
      types.length < 2 ||
      types[0]!.kind !== 'jsonb' ||
      types.some((type, i) => i > 0 && type.kind !== 'varchar')
    ) {
      return undefined;
    }
    return define(name, types, operator.returns, (json: string, ...path: string[]) =>
      operator.impl(json, path),
    );
  });
}

/** Returns the jsonb functions that take values of any type. */
export function jsonFamilies(operators: readonly ScalarFunction[]): readonly Family[] {
  const operator = (name: string): ScalarFunction => operators.find((fn) => fn.name === name)!;
  return [
    anyTypes('to_jsonb', (types) =>
      types.length === 1
        ? define('to_jsonb', types, JSONB, (value: Datum) => toJsonb(types[0]!, value))
        : undefined,
    ),
    anyTypes('jsonb_build_object', (types) => (types.length % 2 === 0 ? buildObject(types) : undefined)),
    anyTypes('jsonb_build_array', buildArray),
    extractPath('jsonb_extract_path', operator('#>')),
    extractPath('jsonb_extract_path_text', operator('#>>')),
  ];
}
