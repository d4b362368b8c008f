import { invalid } from '../api-error.ts';
import { parseCondition } from '../expressions/condition.ts';
import { parseProjection } from '../expressions/projection.ts';
import { violated, type Request } from '../request.ts';
import { END } from '../sorted-items.ts';
import { hashPlace, placeOf } from '../table-definition.ts';
import type { Operation } from './operation.ts';
import { readPage, readStartKey } from './read-page.ts';

const MAX_SEGMENTS = 1_000_000;
const HASHES = 2 ** 32;

/** Returns items in the order of their partition keys' hashes. A segment is a range of hashes. */
export const scan: Operation = (request, { store }) => {
  const name = request.tableName();
  const { FilterExpression: filter, ProjectionExpression: paths } = request.expressions({
    FilterExpression: parseCondition,
    ProjectionExpression: parseProjection,
  });
  const segment = readSegment(request);
  const { definition, items } = store.table(name);
  let { from, to } = segment;
  const start = readStartKey(request, definition);
  if (start !== undefined) {
    const place = placeOf(definition, start);
    if (place < from || place >= to) {
      throw invalid(
        'The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ' +
          'ExclusiveStartKey with correct Segment.',
      );
    }
    from = `${place}\u0000`;
  }
  return readPage({ request, table: definition, items: items.range(from, to), filter, paths });
};

function readSegment(request: Request): { readonly from: string; readonly to: string } {
  const segment = request.count('Segment', 0);
  const total = request.count('TotalSegments', 1);
  if (segment === undefined && total === undefined) return { from: '', to: END };
  if (total === undefined) {
    throw invalid(
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    );
  }
  if (segment === undefined) {
    throw invalid(
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    );
  }
  if (total > MAX_SEGMENTS) {
    throw violated(
      'totalSegments',
      `${total}`,
      `Member must have value less than or equal to ${MAX_SEGMENTS}`,
    );
  }
  if (segment >= total) {
    throw invalid(
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: ' +
        `Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
  const boundary = (i: number): string => (i === total ? END : hashPlace(Math.floor((i * HASHES) / total)));
  return { from: segment === 0 ? '' : boundary(segment), to: boundary(segment + 1) };
}
