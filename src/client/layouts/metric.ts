import { METRIC_PREFIX, VALUE_ATTRIBUTE } from '../../dynamodb/item-keys.ts';
import type { AttributeMap } from '../../dynamodb/wire.ts';
import { setOwn } from '../item-attributes.ts';
import { plainJson, type PlainJson } from '../plain-json.ts';
import { expiredAt_ms, factsOf, judged, saysNothing } from '../reading.ts';
import type { ItemFacts } from '../result.ts';
import { hasMeasures, newerFacts, type LayoutReader } from './layout.ts';

/**
 * Layout `metric`: one item per metric. A domain is present if any of its metrics is; one whose item does not exist
 * (yet) is missing from the metrics. Version and write time are those of the newest metric.
 */
export const metricReader: LayoutReader = (name, domain) => {
  const measured = hasMeasures(domain);
  const metricKeys = domain.columns.map((column) => [column.name, METRIC_PREFIX + column.name] as const);
  return {
    name,
    schema: domain,
    sortKeys: metricKeys.map(([, sortKey]) => sortKey),
    read: (items, reading) => {
      const values: Record<string, AttributeMap[string]> = {};
      const metrics: Record<string, PlainJson> = {};
      let facts: ItemFacts | undefined;
      let expired_at_ms: number | undefined;
      for (const [metric, sortKey] of metricKeys) {
        const item = items.get(sortKey);
        const value = item?.[VALUE_ATTRIBUTE];
        if (item === undefined || value === undefined) continue;
        const expired = expiredAt_ms(item, reading);
        if (expired === undefined) {
          setOwn(values, metric, value);
          setOwn(metrics, metric, plainJson(value));
        } else {
          expired_at_ms = Math.max(expired, expired_at_ms ?? 0);
        }
        facts = newerFacts(facts, factsOf(item, reading));
      }
      if (facts === undefined) return { status: 'absent' };
      if (expired_at_ms !== undefined && Object.keys(metrics).length === 0)
        return { status: 'expired', expired_at_ms, ...facts };
      return judged(metrics, facts, saysNothing(values, metrics, measured), reading);
    },
  };
};
