import { readSettings } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { BOOLEAN_OPTION, TEXT, defineConnector, integerOption, oneOf } from '../../connectors/option.ts';

/** The options of a source with `connector = 'kafka'`. */
export const KAFKA = defineConnector({
  name: 'kafka',
  about: 'a Kafka topic or, in `dev` and without a broker, a durable local topic',
  options: {
    topic: {
      name: 'topic',
      aliases: ['kafka.topic'],
      value: TEXT,
      required: true,
      about: 'the topic to read',
    },
    brokers: {
      name: 'properties.bootstrap.server',
      aliases: ['kafka.brokers'],
      value: TEXT,
      emptyIsNone: true,
      about: 'host:port of each broker, separated by commas; if empty or omitted, `dev` reads a local topic',
    },
    startupMode: {
      name: 'scan.startup.mode',
      aliases: ['kafka.scan.startup.mode'],
      value: oneOf('earliest', 'latest'),
      default: 'earliest',
      about: 'where the source starts when no checkpoint has a position for it',
    },
    startupTimestamp_ms: {
      name: 'scan.startup.timestamp.millis',
      aliases: ['kafka.time.offset'],
      value: integerOption(0, Number.MAX_SAFE_INTEGER),
      about: 'start at the first record from this time on, in milliseconds since 1970',
    },
    onLostPosition: {
      name: 'scan.on_lost_position',
      value: oneOf('fail', 'resume'),
      default: 'fail',
      about:
        'what to do when the next record to read is gone (by retention, or because the topic was replaced): stop ' +
        'reading the source until you decide, or keep the views and go on with the records that are left; either way ' +
        'the loss is reported',
    },
    groupIdPrefix: {
      name: 'group.id.prefix',
      value: TEXT,
      emptyIsNone: true,
      about: 'the prefix of the name of the consumer group',
    },
    securityProtocol: {
      name: 'properties.security.protocol',
      value: oneOf('plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'),
      default: 'plaintext',
      about: 'how to connect to the brokers',
    },
    saslMechanism: {
      name: 'properties.sasl.mechanism',
      aliases: ['properties.sasl.mechanisms'],
      value: oneOf('plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'gssapi'),
      laterValues: ['oauthbearer', 'gssapi'],
      about: 'how to authenticate with SASL',
    },
    saslUsername: {
      name: 'properties.sasl.username',
      value: TEXT,
      emptyIsNone: true,
      about: 'the user name for SASL',
    },
    saslPassword: {
      name: 'properties.sasl.password',
      value: TEXT,
      emptyIsNone: true,
      about: 'the password for SASL',
    },
    caLocation: {
      name: 'properties.ssl.ca.location',
      value: TEXT,
      emptyIsNone: true,
      about: 'the PEM file with the certificate authority',
    },
    caPem: {
      name: 'properties.ssl.ca.pem',
      value: TEXT,
      emptyIsNone: true,
      about: 'the certificate authority, as PEM text',
    },
    certificateLocation: {
      name: 'properties.ssl.certificate.location',
      value: TEXT,
      emptyIsNone: true,
      about: 'the PEM file with the client certificate',
    },
    certificatePem: {
      name: 'properties.ssl.certificate.pem',
      value: TEXT,
      emptyIsNone: true,
      about: 'the client certificate, as PEM text',
    },
    keyLocation: {
      name: 'properties.ssl.key.location',
      value: TEXT,
      emptyIsNone: true,
      about: 'the PEM file with the client key',
    },
    keyPem: {
      name: 'properties.ssl.key.pem',
      value: TEXT,
      emptyIsNone: true,
      about: 'the client key, as PEM text',
    },
    keyPassword: {
      name: 'properties.ssl.key.password',
      value: TEXT,
      emptyIsNone: true,
      about: 'the password of the client key',
    },
    verifyCertificate: {
      name: 'properties.enable.ssl.certificate.verification',
      value: BOOLEAN_OPTION,
      default: 'true',
      about: "whether to verify the brokers' certificates",
    },
    endpointIdentification: {
      name: 'properties.ssl.endpoint.identification.algorithm',
      value: oneOf('https', 'none'),
      default: 'https',
      about: "how to verify the brokers' host names",
    },
    clientId: {
      name: 'properties.client.id',
      value: TEXT,
      emptyIsNone: true,
      about: 'the client id that brokers see in requests',
    },
  },
  ignored: [
    'broker.rewrite.endpoints',
    'privatelink.targets',
    'privatelink.endpoint',
    'properties.sync.call.timeout',
    'properties.message.max.bytes',
    'properties.receive.message.max.bytes',
    'properties.statistics.interval.ms',
    'properties.reconnect.backoff.ms',
    'properties.reconnect.backoff.max.ms',
    'properties.retry.backoff.ms',
    'properties.retry.backoff.max.ms',
    'properties.queued.min.messages',
    'properties.queued.max.messages.kbytes',
    'properties.fetch.wait.max.ms',
    'properties.fetch.queue.backoff.ms',
    'properties.fetch.max.bytes',
    'properties.enable.auto.commit',
    'properties.auto.commit.interval.ms',
    'properties.sasl.oauthbearer.config',
  ].map((name) => ({ name, value: TEXT, about: "tuning of RisingWave's client" })),
  ignoredPrefixes: ['properties.socket.', 'properties.sasl.kerberos.', 'aws.'],
});

/** Returns `host:port` of each broker that the options name. */
export function brokersOf(options: Options): string[] {
  return (readSettings(KAFKA, options).brokers ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
}
