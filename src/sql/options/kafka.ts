import { BOOLEAN_OPTION, TEXT, integerOption, oneOf } from './option.ts';
import type { ConnectorSpec } from './option.ts';

/** `connector = 'kafka'` of a source. */
export const KAFKA: ConnectorSpec = {
  name: 'kafka',
  about: 'a Kafka topic; without a broker, in dev, a durable local topic',
  options: [
    { name: 'topic', aliases: ['kafka.topic'], value: TEXT, required: true, about: 'the topic to read' },
    {
      name: 'properties.bootstrap.server',
      aliases: ['kafka.brokers'],
      value: TEXT,
      about: 'host:port of brokers, separated by commas; empty or left out: a local topic',
    },
    {
      name: 'scan.startup.mode',
      aliases: ['kafka.scan.startup.mode'],
      value: oneOf('earliest', 'latest'),
      default: 'earliest',
      about: 'where to start when there is no position of a checkpoint yet',
    },
    {
      name: 'scan.startup.timestamp.millis',
      aliases: ['kafka.time.offset'],
      value: integerOption(0, Number.MAX_SAFE_INTEGER),
      about: 'start at the first record of this time, in milliseconds since 1970',
    },
    { name: 'group.id.prefix', value: TEXT, about: 'first part of the consumer group name' },
    {
      name: 'properties.security.protocol',
      value: oneOf('plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'),
      default: 'plaintext',
      about: 'how to connect to the brokers',
    },
    {
      name: 'properties.sasl.mechanism',
      value: oneOf('plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'gssapi'),
      laterValues: ['oauthbearer', 'gssapi'],
      about: 'how to authenticate',
    },
    { name: 'properties.sasl.username', value: TEXT, about: 'user for SASL' },
    { name: 'properties.sasl.password', value: TEXT, about: 'password for SASL' },
    { name: 'properties.ssl.ca.location', value: TEXT, about: 'file with the certificate authority, PEM' },
    { name: 'properties.ssl.ca.pem', value: TEXT, about: 'the certificate authority itself, PEM' },
    { name: 'properties.ssl.certificate.location', value: TEXT, about: 'file with the client certificate, PEM' },
    { name: 'properties.ssl.certificate.pem', value: TEXT, about: 'the client certificate itself, PEM' },
    { name: 'properties.ssl.key.location', value: TEXT, about: 'file with the client key, PEM' },
    { name: 'properties.ssl.key.pem', value: TEXT, about: 'the client key itself, PEM' },
    { name: 'properties.ssl.key.password', value: TEXT, about: 'password of the client key' },
    {
      name: 'properties.enable.ssl.certificate.verification',
      value: BOOLEAN_OPTION,
      default: 'true',
      about: 'check the brokers\' certificates',
    },
    {
      name: 'properties.ssl.endpoint.identification.algorithm',
      value: oneOf('https', 'none'),
      default: 'https',
      about: 'check the brokers\' host names',
    },
    { name: 'properties.client.id', value: TEXT, about: 'the name this client gives itself' },
    ...[
      'broker.rewrite.endpoints', 'privatelink.targets', 'privatelink.endpoint', 'properties.sync.call.timeout',
      'properties.message.max.bytes', 'properties.receive.message.max.bytes', 'properties.statistics.interval.ms',
      'properties.reconnect.backoff.ms', 'properties.reconnect.backoff.max.ms', 'properties.retry.backoff.ms',
      'properties.retry.backoff.max.ms', 'properties.queued.min.messages', 'properties.queued.max.messages.kbytes',
      'properties.fetch.wait.max.ms', 'properties.fetch.queue.backoff.ms', 'properties.fetch.max.bytes',
      'properties.enable.auto.commit', 'properties.auto.commit.interval.ms', 'properties.sasl.oauthbearer.config',
    ].map((name) => ({ name, value: TEXT, about: 'tuning of RisingWave\'s client', support: 'ignored' as const })),
  ],
  ignoredPrefixes: ['properties.socket.', 'properties.sasl.kerberos.', 'aws.'],
};
