import type { CreateSink, RawOption } from '../../ddl/statement.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { otherLayout } from './r044-sink-layout.ts';
import { RENDERED } from './rendered.ts';

/** The options of RisingWave's DynamoDB sink. */
const DYNAMODB = `
  table dynamodb.table dynamodb.max_batch_item_nums dynamodb.max_batch_rows dynamodb.max_future_send_nums
  dynamodb.batch_write_retry_times dynamodb.batch_write_retry_backoff_ms region aws.region endpoint
  endpoint_url aws.endpoint_url access_key aws.credentials.access_key_id secret_key
  aws.credentials.secret_access_key session_token aws.credentials.session_token profile aws.profile arn
  role.arn aws.credentials.role.arn external_id role.external_id aws.credentials.role.external_id
  aws.msk.signer_timeout_sec
`;

/** The options of a sink whatever its connector. */
const COMMON = `
  connector type snapshot ignore_delete force_append_only force_compaction preserve_row_level_changes
  backfill_rate_limit primary_key sink_rate_limit since_timestamp auto.schema.change
`;

const KNOWN: ReadonlySet<string> = new Set(`${DYNAMODB} ${COMMON}`.trim().split(/\s+/));

/** Has a rule of its own: its value becomes a column. */
const SORT_KEY = 'freshet.sort_key';

/** Versions up to 3.0 ignore an option that a sink does not know; later ones refuse the sink. */
export const SINK_OPTION: TargetRule = {
  code: 'R024',
  about: 'an option of a DynamoDB sink that RisingWave does not have',
  source:
    'RisingWave\'s src/connector/with_options_sink.yaml lists them; src/connector/src/sink/mod.rs (validate_sink_unknown_fields) answers "Unknown fields in the WITH clause"',
  renderable: true,
  check: ({ statements }) =>
    statements.flatMap((s): Diagnostic[] =>
      s.kind === 'sink'
        ? unknownSinkOptions(s)
            .filter((o) => o !== otherLayout(s))
            .map((o) =>
              differs(
                'R024',
                `RisingWave's sink does not know ${o.key.value}: versions 2.8 and 3.0 ignore it, later ones refuse the sink`,
                `leave it out of the files for RisingWave; ${RENDERED}`,
                o.key.span,
              ),
            )
        : [],
    ),
};

/** Returns the options of a DynamoDB sink that RisingWave does not have, without its sort key. */
export function unknownSinkOptions({ options }: CreateSink): readonly RawOption[] {
  const connector = options.find((o) => o.key.value === 'connector')?.value.toLowerCase();
  if (connector !== 'dynamodb') return [];
  return options.filter((o) => !KNOWN.has(o.key.value) && o.key.value !== SORT_KEY);
}
