import type { CreateSource, RawOption } from '../../ddl/statement.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';

const PLAIN = `
  topic kafka.topic kafka.brokers scan.startup.mode kafka.scan.startup.mode scan.startup.timestamp.millis
  scan.startup.timestamp_millis kafka.time.offset group.id.prefix broker.rewrite.endpoints privatelink.targets
  privatelink.endpoint bytes.per.second max.num.messages kafka.bytes.per.second kafka.max.num.messages upsert
  access_key secret_key session_token region endpoint endpoint_url profile arn external_id aws.region
  aws.endpoint_url aws.profile aws.msk.signer_timeout_sec aws.credentials.access_key_id
  aws.credentials.secret_access_key aws.credentials.session_token aws.credentials.role.arn
  aws.credentials.role.external_id
`;

/** The parts behind `properties.` */
const PROPERTIES = `
  bootstrap.server sync.call.timeout security.protocol client.id message.max.bytes
  ssl.endpoint.identification.algorithm ssl.ca.location ssl.ca.pem ssl.certificate.location ssl.certificate.pem
  ssl.key.location ssl.key.pem ssl.key.password enable.ssl.certificate.verification sasl.mechanism sasl.username
  sasl.password sasl.oauthbearer.config sasl.kerberos.service.name sasl.kerberos.keytab sasl.kerberos.principal
  sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin receive.message.max.bytes statistics.interval.ms
  reconnect.backoff.ms reconnect.backoff.max.ms retry.backoff.ms retry.backoff.max.ms queued.min.messages
  queued.max.messages.kbytes fetch.wait.max.ms fetch.queue.backoff.ms fetch.max.bytes fetch.message.max.bytes
  fetch.min.bytes enable.auto.commit auto.commit.interval.ms socket.keepalive.enable
  socket.connection.setup.timeout.ms
`;

const POSIX_FS =
  'posix_fs.root match_pattern refresh.interval.sec compression_format parquet.case_insensitive';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The options that RisingWave's connectors of sources have. */
const KNOWN: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['kafka', new Set([...words(PLAIN), ...words(PROPERTIES).map((name) => `properties.${name}`)])],
  ['posix_fs', new Set(words(POSIX_FS))],
]);

/** Options of a source or table whatever its connector. */
const COMMON: ReadonlySet<string> = new Set([
  'connector',
  'source_rate_limit',
  'streaming_use_shared_source',
]);

/** RisingWave refuses a source with an option that its connector does not know. */
export const SOURCE_OPTION: TargetRule = {
  code: 'R012',
  about: 'an option of a source that RisingWave does not have',
  source:
    'RisingWave\'s src/connector/with_options_source.yaml lists them; src/connector/src/source/base.rs answers "Unknown fields in the WITH clause"',
  renderable: true,
  check: ({ statements }) =>
    statements.flatMap((s): Diagnostic[] =>
      s.kind === 'source' || s.kind === 'table'
        ? unknownSourceOptions(s).map((o) =>
            refused(
              'R012',
              `RisingWave does not know ${o.key.value}, and refuses a source with an unknown option`,
              `leave it out of the files for RisingWave; ${RENDERED}`,
              o.key.span,
            ),
          )
        : [],
    ),
};

/** Returns the options of a source that RisingWave does not have. */
export function unknownSourceOptions({ options = [] }: CreateSource): readonly RawOption[] {
  const connector = options.find((o) => o.key.value === 'connector')?.value.toLowerCase();
  const known = KNOWN.get(connector ?? '');
  if (known === undefined) return [];
  return options.filter((o) => !known.has(o.key.value) && !COMMON.has(o.key.value));
}
