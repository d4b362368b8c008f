import { constantColumn } from '../plan/constant-column.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import {
  TASTE_COLUMNS,
  TRENDING_SORT_KEY,
  type RecommendationParts,
} from '../serving/recommendation-parts.ts';
import { keyText } from '../sinks/dynamodb/key-encoder.ts';
import { domainSchema, sinkDomains, tableOf, type ProfileLayout } from '../pipeline/profile-domains.ts';

/**
 * Returns what a pipeline has for recommendations. Its trending titles are one item in the table of its profiles: a
 * sink writes it whose partition key is the same in every row, and whose sort key is `catalogue#trending`.
 */
export function recommendationParts(
  pipeline: Pipeline,
  layout: ProfileLayout | undefined,
): RecommendationParts {
  const domains = layout?.domains ?? [];
  const columnsOf = new Map(domains.map(({ name, view }) => [name, view.columns]));
  const taste = [...TASTE_COLUMNS].some(([domain, column]) =>
    columnsOf.get(domain)?.some(({ name }) => name === column),
  );
  return { trending: layout === undefined ? undefined : trendingItem(pipeline, layout), taste };
}

function trendingItem(pipeline: Pipeline, layout: ProfileLayout): RecommendationParts['trending'] {
  const { sink: first } = layout.domains[0]!;
  for (const { sink, view, sortKey, partitionKey, partitionColumn } of sinkDomains(pipeline)) {
    if (sortKey !== TRENDING_SORT_KEY || partitionKey?.name !== layout.partitionKey.name) continue;
    const value = constantColumn(view.plan, partitionColumn!);
    if (value === undefined || value === null || tableOf(sink) !== tableOf(first)) continue;
    const domain = domainSchema({ name: sink.name, sink, view, sortKey });
    return { partition: keyText(partitionKey.type, value), domain };
  }
  return undefined;
}
