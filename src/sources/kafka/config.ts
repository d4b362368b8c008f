import { readFile } from 'node:fs/promises';
import { type KafkaConfig, type LoggerEntryContent, logLevel, type SASLOptions } from 'kafkajs';
import { readSettings } from '../../connectors/settings.ts';
import type { Settings } from '../../connectors/settings.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import { SourceError } from '../source.ts';
import { registerCodecs } from './codecs.ts';
import { KAFKA, brokersOf } from './options.ts';

/** The configuration of a Kafka source, from its checked WITH (...) options. */
export interface KafkaSourceConfig {
  readonly source: string;
  readonly topic: string;
  readonly client: KafkaConfig;
  /** The consumer group under which positions are committed to the broker. */
  readonly groupId: string;
  readonly start: { readonly mode: 'earliest' | 'latest' } | { readonly timestamp_ms: number };
}

/** Receives the Kafka client's log lines, and problems that do not stop the source. */
export type KafkaLog = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;

type KafkaSettings = Settings<typeof KAFKA>;

/**
 * Resolves to the configuration of a `connector = 'kafka'` source, with certificates and keys read from their files.
 * Rejects with SourceError if options or files are missing.
 */
export async function kafkaSourceConfig(
  source: SourceDef,
  log: KafkaLog = () => {},
): Promise<KafkaSourceConfig> {
  registerCodecs();
  const settings = readSettings(KAFKA, source.options);
  const brokers = brokersOf(source.options);
  if (brokers.length === 0) {
    throw new SourceError(source.name, 'no Kafka broker is set', {
      hint:
        'set properties.bootstrap.server or the variable that the SQL uses for it, or run `freshet dev`, which needs ' +
        'no broker',
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
      // These retries cover short outages. After a longer outage the source is opened again at its position.
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2000 },
      logLevel: logLevel.WARN,
      // During an outage the client logs twenty lines a second. It throws the errors that it cannot handle itself.
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
    throw new SourceError(source, 'SASL needs properties.sasl.username and properties.sasl.password', {
      hint: 'set both options in WITH (...)',
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
