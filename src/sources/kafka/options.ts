import { readSettings } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { BOOLEAN_OPTION, TEXT, defineConnector, integerOption, oneOf } from '../../connectors/option.ts';

/** `connector = 'kafka'` of a source. */
export const KAFKA = defineConnector({
  name: 'kafka',
  about: 'a Kafka topic; without a broker, in dev, a durable local topic',
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
      about: 'host:port of brokers, separated by commas; empty or left out: a local topic',
    },
    startupMode: {
      name: 'scan.startup.mode',
      aliases: ['kafka.scan.startup.mode'],
      value: oneOf('earliest', 'latest'),
      default: 'earliest',
      about: 'where to start when there is no position of a checkpoint yet',
    },
    startupTimestamp_ms: {
      name: 'scan.startup.timestamp.millis',
      aliases: ['kafka.time.offset'],
      value: integerOption(0, Number.MAX_SAFE_INTEGER),
      about: 'start at the first record of this time, in milliseconds since 1970',
    },
    onLostPosition: {
      name: 'scan.on_lost_position',
      value: oneOf('fail', 'resume'),
      default: 'fail',
      about:
        'when the next record to read is gone (retention, or a topic that was replaced): stand still until a person ' +
        'decides, or keep the views and go on with what there is; what is missing is told',
    },
    groupIdPrefix: {
      name: 'group.id.prefix',
      value: TEXT,
      emptyIsNone: true,
      about: 'first part of the consumer group name',
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
      about: 'how to authenticate',
    },
    saslUsername: {
      name: 'properties.sasl.username',
      value: TEXT,
      emptyIsNone: true,
      about: 'user for SASL',
    },
    saslPassword: {
      name: 'properties.sasl.password',
      value: TEXT,
      emptyIsNone: true,
      about: 'password for SASL',
    },
    caLocation: {
      name: 'properties.ssl.ca.location',
      value: TEXT,
      emptyIsNone: true,
      about: 'file with the certificate authority, PEM',
    },
    caPem: {
      name: 'properties.ssl.ca.pem',
      value: TEXT,
      emptyIsNone: true,
      about: 'the certificate authority itself, PEM',
    },
    certificateLocation: {
      name: 'properties.ssl.certificate.location',
      value: TEXT,
      emptyIsNone: true,
      about: 'file with the client certificate, PEM',
    },
    certificatePem: {
      name: 'properties.ssl.certificate.pem',
      value: TEXT,
      emptyIsNone: true,
      about: 'the client certificate itself, PEM',
    },
    keyLocation: {
      name: 'properties.ssl.key.location',
      value: TEXT,
      emptyIsNone: true,
      about: 'file with the client key, PEM',
    },
    keyPem: {
      name: 'properties.ssl.key.pem',
      value: TEXT,
      emptyIsNone: true,
      about: 'the client key itself, PEM',
    },
    keyPassword: {
      name: 'properties.ssl.key.password',
      value: TEXT,
      emptyIsNone: true,
      about: 'password of the client key',
    },
    verifyCertificate: {
      name: 'properties.enable.ssl.certificate.verification',
      value: BOOLEAN_OPTION,
      default: 'true',
      about: "check the brokers' certificates",
    },
    endpointIdentification: {
      name: 'properties.ssl.endpoint.identification.algorithm',
      value: oneOf('https', 'none'),
      default: 'https',
      about: "check the brokers' host names",
    },
    clientId: {
      name: 'properties.client.id',
      value: TEXT,
      emptyIsNone: true,
      about: 'the name this client gives itself',
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

/** `host:port` of each broker that the options name. */
export function brokersOf(options: Options): string[] {
  return (readSettings(KAFKA, options).brokers ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
}
