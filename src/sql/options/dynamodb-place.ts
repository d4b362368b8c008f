import type { Options } from '../../plan/pipeline.ts';
import { endpointUrl } from '../../values/endpoint-url.ts';
import { DYNAMODB } from './dynamodb.ts';
import { givenOption } from './settings.ts';

/** What tells one table from another of the same name: where it is, and whose account it is in. */
const { table, region, endpoint, profile, accessKey } = DYNAMODB.options;
const PARTS = [table, region, endpoint, profile, accessKey];

/**
 * The table that a sink's options lead to, as text: equal texts are one table. Different texts may be one table all
 * the same, as two keys can be of one account.
 */
export function dynamodbPlace(options: Options): string {
  return JSON.stringify(
    PARTS.map((option) => {
      const value = givenOption(option, options)?.value;
      if (value === undefined || value === '') return null;
      return option === endpoint ? (endpointUrl(value)?.href ?? value) : value;
    }),
  );
}
