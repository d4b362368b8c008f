import type { SinkTarget } from '../../connectors/declaration.ts';
import { givenOption } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { endpointUrl } from '../../values/endpoint-url.ts';
import { DYNAMODB } from './options.ts';

/** The options that distinguish tables of the same name by place and account. */
const { table, region, endpoint, profile, accessKey } = DYNAMODB.options;
const PARTS = [table, region, endpoint, profile, accessKey];

/**
 * Returns the table that a sink's options name. Different ids can mean the same table, for example if two access keys
 * belong to one account.
 */
export function tableTarget(options: Options): SinkTarget {
  const id = JSON.stringify(
    PARTS.map((option) => {
      const value = givenOption(option, options)?.value;
      if (value === undefined || value === '') return null;
      return option === endpoint ? (endpointUrl(value)?.href ?? value) : value;
    }),
  );
  return { id, label: `table "${givenOption(table, options)?.value ?? ''}"` };
}
