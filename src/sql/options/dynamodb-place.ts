import type { Options } from '../../plan/pipeline.ts';
import { optionValue } from '../bind/bind-options.ts';
import { DYNAMODB } from './dynamodb.ts';

/** What tells one table from another of the same name: where it is, and whose account it is in. */
const PARTS = ['table', 'region', 'endpoint', 'profile', 'access_key'];

/**
 * The table that a sink's options lead to, as text: equal texts are one table. Different texts may be one table all
 * the same, as two keys can be of one account.
 */
export function dynamodbPlace(options: Options): string {
  return JSON.stringify(
    PARTS.map((name) => {
      const value = optionValue(options, DYNAMODB, name)?.value;
      if (value === undefined || value === '') return null;
      return name === 'endpoint' && URL.canParse(value) ? new URL(value).href : value;
    }),
  );
}
