import { SourceError } from '../source.ts';
import type { KafkaSourceConfig } from './config.ts';

/** Returns a SourceError for an error of kafkajs, with a hint for the operator if the kind of error is known. */
export function explainKafkaError(config: KafkaSourceConfig, error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const { message, type, name } = error as { message: string; type?: string; name?: string };
  const hint = hintFor(config, type ?? name);
  return new SourceError(config.source, `topic "${config.topic}": ${message}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function hintFor({ topic, client }: KafkaSourceConfig, what: string | undefined): string | undefined {
  switch (what) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return `create topic "${topic}", or correct its name`;
    case 'TOPIC_AUTHORIZATION_FAILED':
      return `allow this user to read topic "${topic}"`;
    case 'OFFSET_OUT_OF_RANGE':
      return 'retention removed records before the pipeline read them, or the topic was deleted and created again';
    case 'KafkaJSNotImplemented':
      return 'the topic uses an unsupported compression; use gzip, snappy, lz4, zstd or none';
    case 'KafkaJSSASLAuthenticationError':
      return 'check properties.sasl.username and properties.sasl.password';
    case 'KafkaJSConnectionError':
    case 'KafkaJSNumberOfRetriesExceeded':
      return `is a broker listening at ${Array.isArray(client.brokers) ? client.brokers.join(',') : 'these addresses'}?`;
    default:
      return undefined;
  }
}
