import { readFile } from 'node:fs/promises';
import { type KafkaConfig, type LoggerEntryContent, logLevel, type SASLOptions } from 'kafkajs';
import { readSettings } from '../../connectors/settings.ts';
import type { Settings } from '../../connectors/settings.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import { SourceError } from '../source.ts';
import { registerCodecs } from './codecs.ts';
import { KAFKA, brokersOf } from './options.ts';

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

type KafkaSettings = Settings<typeof KAFKA>;

/**
 * The client's configuration for a `connector = 'kafka'` source; certificates are read from their files. Rejects with
 * SourceError for what is missing or does not go together.
 */
export async function kafkaSourceConfig(
  source: SourceDef,
  log: KafkaLog = () => {},
): Promise<KafkaSourceConfig> {
  registerCodecs();
  const settings = readSettings(KAFKA, source.options);
  const brokers = brokersOf(source.options);
  if (brokers.length === 0) {
    throw new SourceError(source.name, 'there is no Kafka broker to read from', {
      hint: 'set properties.bootstrap.server (see the variables in the SQL), or use `freshet dev`, which needs none',
    });
  }
  const { startupTimestamp_ms, startupMode, securityProtocol } = settings;
  return {
    source: source.name,
    topic: settings.topic,
    groupId: `${settings.groupIdPrefix ?? 'freshet'}-${source.name}`,
    start: startupTimestamp_ms === undefined ? { mode: startupMode } : { timestamp_ms: startupTimestamp_ms },
    client: {
      clientId: settings.clientId ?? 'freshet',
      brokers,
      connectionTimeout: 5000,
      requestTimeout: 30_000,
      // Retries here cover a moment's trouble; the source is opened again, at its position, after a longer one.
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2000 },
      logLevel: logLevel.WARN,
      // In an outage that is twenty lines a second, and what the client does not get over by itself is thrown.
      logCreator: () => (entry) => log('debug', lineOf(entry.log)),
      ...(securityProtocol.endsWith('ssl') ? { ssl: await tlsOf(source.name, settings) } : {}),
      ...(securityProtocol.startsWith('sasl') ? { sasl: saslOf(source.name, settings) } : {}),
    },
  };
}

function lineOf({ message, error }: LoggerEntryContent): string {
  return typeof error === 'string' ? `kafka: ${message}: ${error}` : `kafka: ${message}`;
}

function saslOf(source: string, settings: KafkaSettings): SASLOptions {
  const { saslMechanism: mechanism = 'plain', saslUsername: username, saslPassword: password } = settings;
  if (username === undefined || password === undefined) {
    throw new SourceError(source, 'properties.sasl.username or properties.sasl.password is missing', {
      hint: 'add both to WITH (...)',
    });
  }
  return { mechanism, username, password } as SASLOptions;
}

async function tlsOf(
  source: string,
  settings: KafkaSettings,
): Promise<Exclude<KafkaConfig['ssl'], boolean | undefined>> {
  const pem = async (inline: string | undefined, path: string | undefined, option: string) => {
    if (inline !== undefined || path === undefined) return inline;
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      throw new SourceError(source, `cannot read ${option}: ${(cause as Error).message}`, { cause });
    }
  };
  const { options } = KAFKA;
  const ca = await pem(settings.caPem, settings.caLocation, options.caLocation.name);
  const { certificatePem, certificateLocation, keyPem, keyLocation, keyPassword: passphrase } = settings;
  const cert = await pem(certificatePem, certificateLocation, options.certificateLocation.name);
  const key = await pem(keyPem, keyLocation, options.keyLocation.name);
  return {
    rejectUnauthorized: settings.verifyCertificate,
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(settings.endpointIdentification === 'https' ? {} : { checkServerIdentity: () => undefined }),
  };
}
