import { EXPIRES_AT_ATTRIBUTE, VERSION_ATTRIBUTE, WRITTEN_AT_ATTRIBUTE } from '../dynamodb/bookkeeping.ts';
import type { AttributeMap, AttributeValue } from '../dynamodb/wire.ts';
import type { ItemAttributes } from './item-attributes.ts';
import type { PlainJson } from './plain-json.ts';
import type { DomainResult, ItemFacts } from './result.ts';

/** When a read takes place, and what counts as stale then. */
export interface Reading {
  readonly now_ms: number;
  /** How far all items may be behind; undefined if nobody knows, so that an item's own age decides. */
  readonly behind_ms: number | undefined;
  readonly staleAfter_ms: number | undefined;
}

/** Returns the value of a number attribute as a double; undefined if there is none. */
function numberOf(value: AttributeValue | undefined): number | undefined {
  return value !== undefined && 'N' in value ? Number(value.N) : undefined;
}

/** Returns what an item says about itself in the bookkeeping attributes of these names. */
export function factsOf(
  item: AttributeMap,
  { now_ms }: Reading,
  version = VERSION_ATTRIBUTE,
  writtenAt = WRITTEN_AT_ATTRIBUTE,
): ItemFacts {
  const written_at_ms = numberOf(item[writtenAt]);
  return {
    version: numberOf(item[version]),
    written_at_ms,
    age_ms: written_at_ms === undefined ? undefined : Math.max(0, now_ms - written_at_ms),
  };
}

/** Returns the time at which an item expired; undefined if it did not. */
export function expiredAt_ms(item: AttributeMap, { now_ms }: Reading): number | undefined {
  const seconds = numberOf(item[EXPIRES_AT_ATTRIBUTE]);
  return seconds !== undefined && seconds * 1000 <= now_ms ? seconds * 1000 : undefined;
}

/** Returns the result for a domain that has metrics. */
export function judged<Metrics>(
  metrics: Metrics,
  facts: ItemFacts,
  isZero: boolean,
  { behind_ms = facts.age_ms, staleAfter_ms }: Reading,
): Exclude<DomainResult<Metrics>, { readonly status: 'expired' | 'absent' }> {
  const { version, written_at_ms, age_ms } = facts;
  if (staleAfter_ms !== undefined && behind_ms !== undefined && behind_ms > staleAfter_ms) {
    return { status: 'stale', metrics, behind_ms, version, written_at_ms, age_ms };
  }
  return { status: isZero ? 'zero' : 'present', metrics, version, written_at_ms, age_ms };
}

/**
 * Returns whether values say that nothing is in any window: every number is 0 or null, every list and object is empty
 * or null. `item` has the values as DynamoDB sent them, `attributes` the same as plain JSON. `hasMeasures` says
 * whether any of the domain's columns is a number, list or JSON; if undefined, the values decide.
 */
export function saysNothing(
  item: AttributeMap,
  attributes: ItemAttributes,
  hasMeasures: boolean | undefined,
): boolean {
  if (hasMeasures === false) return false;
  let isMeasured = hasMeasures === true;
  for (const name of Object.keys(attributes)) {
    const weight = weightOf(item[name]!, attributes[name]!);
    if (weight === 'some') return false;
    if (weight === 'none') isMeasured = true;
  }
  return isMeasured;
}

/** Returns whether a value says something, or nothing, or is of a type that does not count. */
function weightOf(value: AttributeValue, plain: PlainJson): 'some' | 'none' | 'other' {
  if ('N' in value) return Number(value.N) === 0 ? 'none' : 'some';
  if (plain === null) return 'none';
  // JSONB is a document, or a text that has been parsed.
  if (typeof plain === 'object') return Object.keys(plain).length === 0 ? 'none' : 'some';
  if (typeof plain === 'number') return plain === 0 ? 'none' : 'some';
  return 'other';
}
