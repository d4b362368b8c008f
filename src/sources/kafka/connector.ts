import { givenOption, readSettings } from '../../connectors/settings.ts';
import type { SourceConnector } from '../connector.ts';
import { KAFKA, brokersOf } from './options.ts';

export const KAFKA_SOURCE: SourceConnector = {
  spec: KAFKA,
  includes: ['key', 'timestamp', 'partition', 'offset', 'payload'],
  startsAtEnd(options) {
    const mode = givenOption(KAFKA.options.startupMode, options);
    return mode?.value.toLowerCase() === 'latest' ? mode : undefined;
  },
  topic({ options }) {
    const { topic, startupMode, startupTimestamp_ms } = readSettings(KAFKA, options);
    return {
      name: topic,
      hasBroker: brokersOf(options).length > 0,
      start: startupTimestamp_ms === undefined ? startupMode : { time_us: startupTimestamp_ms * 1000 },
    };
  },
  onLostPosition: ({ options }) => readSettings(KAFKA, options).onLostPosition,
  async reader(source, { report }) {
    // Kafka's client is slow to load, and most pipelines in development have no broker.
    const [{ kafkaSourceConfig }, { KafkaSourceReader }] = await Promise.all([
      import('./config.ts'),
      import('./reader.ts'),
    ]);
    const log = (level: 'error' | 'warn' | 'info' | 'debug', message: string): void =>
      report(level, {}, message);
    return new KafkaSourceReader(await kafkaSourceConfig(source, log), log);
  },
};
