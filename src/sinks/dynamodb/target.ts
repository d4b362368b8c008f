import type { SinkTarget } from '../../connectors/declaration.ts';
import { givenOption } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { endpointUrl } from '../../values/endpoint-url.ts';
import { DYNAMODB } from './options.ts';

/** What tells one table from another of the same name: where it is, and whose account it is in. */
const { table, region, endpoint, profile, accessKey } = DYNAMODB.options;
const PARTS = [table, region, endpoint, profile, accessKey];

/** The table that a sink's options lead to. Different ids may be one table, as two access keys can be of one account. */
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
