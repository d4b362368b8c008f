import { readFile } from 'node:fs/promises';
import { type KafkaConfig, type LoggerEntryContent, logLevel, type SASLOptions } from 'kafkajs';
import type { SourceDef } from '../../plan/pipeline.ts';
import { SourceError } from '../source.ts';
import { registerCodecs } from './codecs.ts';

/** What a Kafka source was told in WITH (...), read and checked. */
export interface KafkaSourceConfig {
  readonly source: string;
  readonly topic: string;
  readonly client: KafkaConfig;
  /** Under which name our positions are told to the broker. */
  readonly groupId: string;
  readonly start: { readonly mode: 'earliest' | 'latest' } | { readonly timestamp_ms: number };
}

/** Called with the client's own log lines and with what is not worth failing for. */
export type KafkaLog = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;

type Lookup = (...names: readonly string[]) => string | undefined;

/**
 * Reads RisingWave's options of a `connector = 'kafka'` source; certificates are read from their files. Rejects with
 * SourceError for what is missing or not supported.
 */
export async function kafkaSourceConfig(
  source: SourceDef,
  log: KafkaLog = () => {},
): Promise<KafkaSourceConfig> {
  registerCodecs();
  const option: Lookup = (...names) => {
    for (const name of names) {
      const value = source.options.get(name)?.value;
      if (value !== undefined && value !== '') return value;
    }
    return undefined;
  };
  const fail = (message: string, hint: string): never => {
    throw new SourceError(source.name, message, { hint });
  };
  const topic =
    option('topic', 'kafka.topic') ?? fail('topic is missing', "add topic = '<name>' to WITH (...)");
  const brokers = (option('properties.bootstrap.server', 'kafka.brokers') ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  if (brokers.length === 0) {
    return fail(
      'properties.bootstrap.server is missing',
      "add properties.bootstrap.server = 'host:port' to WITH (...)",
    );
  }
  const protocol = (option('properties.security.protocol') ?? 'plaintext').toLowerCase();
  if (!['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'].includes(protocol)) {
    fail(
      `properties.security.protocol '${protocol}' is not supported`,
      'use PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL',
    );
  }
  const prefix = option('group.id.prefix') ?? 'freshet';
  return {
    source: source.name,
    topic,
    groupId: `${prefix}-${source.name}`,
    start: startOf(option, fail),
    client: {
      clientId: option('properties.client.id') ?? 'freshet',
      brokers,
      connectionTimeout: 5000,
      requestTimeout: 30_000,
      // Retries here cover a moment's trouble; the source is opened again, at its position, after a longer one.
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2000 },
      logLevel: logLevel.WARN,
      // In an outage that is twenty lines a second, and what the client does not get over by itself is thrown.
      logCreator: () => (entry) => log('debug', lineOf(entry.log)),
      ...(protocol.endsWith('ssl') ? { ssl: await tlsOf(source.name, option) } : {}),
      ...(protocol.startsWith('sasl') ? { sasl: saslOf(option, fail) } : {}),
    },
  };
}

function lineOf({ message, error }: LoggerEntryContent): string {
  return typeof error === 'string' ? `kafka: ${message}: ${error}` : `kafka: ${message}`;
}

function startOf(option: Lookup, fail: (message: string, hint: string) => never): KafkaSourceConfig['start'] {
  const timestamp = option('scan.startup.timestamp.millis', 'kafka.time.offset');
  if (timestamp !== undefined) {
    const timestamp_ms = Number(timestamp);
    if (!Number.isSafeInteger(timestamp_ms) || timestamp_ms < 0) {
      fail(
        `scan.startup.timestamp.millis '${timestamp}' is not a time`,
        'give milliseconds since 1970-01-01',
      );
    }
    return { timestamp_ms };
  }
  const mode = (option('scan.startup.mode', 'kafka.scan.startup.mode') ?? 'earliest').toLowerCase();
  if (mode !== 'earliest' && mode !== 'latest') {
    return fail(`scan.startup.mode '${mode}' is not supported`, "use 'earliest' or 'latest'");
  }
  return { mode };
}

function saslOf(option: Lookup, fail: (message: string, hint: string) => never): SASLOptions {
  const mechanism = (
    option('properties.sasl.mechanism', 'properties.sasl.mechanisms') ?? 'plain'
  ).toLowerCase();
  const username = option('properties.sasl.username');
  const password = option('properties.sasl.password');
  if (username === undefined || password === undefined) {
    return fail('properties.sasl.username or properties.sasl.password is missing', 'add both to WITH (...)');
  }
  switch (mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      return { mechanism, username, password } as SASLOptions;
    default:
      return fail(
        `properties.sasl.mechanism '${mechanism}' is not supported`,
        'use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512',
      );
  }
}

async function tlsOf(
  source: string,
  option: Lookup,
): Promise<Exclude<KafkaConfig['ssl'], boolean | undefined>> {
  const pem = async (name: string): Promise<string | undefined> => {
    const inline = option(`properties.ssl.${name}.pem`);
    if (inline !== undefined) return inline;
    const path = option(`properties.ssl.${name}.location`);
    if (path === undefined) return undefined;
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      throw new SourceError(
        source,
        `cannot read properties.ssl.${name}.location: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  };
  const [ca, cert, key] = [await pem('ca'), await pem('certificate'), await pem('key')];
  const passphrase = option('properties.ssl.key.password');
  const verify = option('properties.enable.ssl.certificate.verification')?.toLowerCase() !== 'false';
  const checkName = option('properties.ssl.endpoint.identification.algorithm')?.toLowerCase() !== 'none';
  return {
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(checkName ? {} : { checkServerIdentity: () => undefined }),
  };
}
