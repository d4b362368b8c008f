import { KAFKA } from '../../sql/options/kafka.ts';
import { readSettings } from '../../sql/options/settings.ts';
import type { SourceConnector } from '../connector.ts';
import { SourceError } from '../source.ts';

export const kafkaConnector: SourceConnector = {
  spec: KAFKA,
  check: () => {}, // whether there is a broker depends on what runs it: `dev` needs none
  async reader(source, { report }) {
    if ((readSettings(KAFKA, source.options).brokers ?? '').trim() === '') {
      throw new SourceError(source.name, 'there is no Kafka broker to read from', {
        hint: 'set properties.bootstrap.server (see the variables in the SQL), or use `freshet dev`, which needs none',
      });
    }
    // Kafka's client takes a while to load, and most pipelines in development have no broker.
    const [{ kafkaSourceConfig }, { KafkaSourceReader }] = await Promise.all([
      import('./config.ts'),
      import('./reader.ts'),
    ]);
    const log = (level: 'error' | 'warn' | 'info' | 'debug', message: string): void =>
      report(level, {}, message);
    return new KafkaSourceReader(await kafkaSourceConfig(source, log), log);
  },
};
