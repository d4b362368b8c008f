import { logLevel } from 'kafkajs';
import { KafkaProducer } from '../../sources/kafka/producer.ts';
import { CliError } from '../errors.ts';
import type { EventTarget } from './target.ts';
import { messageOf } from '../../values/error-message.ts';

const PARTITIONS = 3;

/** Opens a target that produces to topics named after the sources. The viewer id is the record key. */
export async function kafkaTarget(brokers: string, topics: readonly string[]): Promise<EventTarget> {
  const producer = new KafkaProducer({
    clientId: 'freshet-simulate',
    brokers: brokers.split(',').map((broker) => broker.trim()),
    logLevel: logLevel.NOTHING,
    retry: { retries: 5 },
  });
  try {
    await producer.ensureTopics(topics, PARTITIONS);
    await producer.connect();
  } catch (error) {
    throw new CliError(`Kafka does not answer at ${brokers}: ${messageOf(error)}`, {
      hint: 'give the brokers as host:port, separated by commas',
      cause: error,
    });
  }
  const decoder = new TextDecoder('latin1');
  return {
    send: (batch) => {
      const text = (i: number): string =>
        decoder.decode(batch.bytes.subarray(batch.starts[i], batch.ends[i]));
      return producer.send(batch.source, {
        ...batch,
        keyOf: (i) => /"viewer_id":(\d+)/.exec(text(i))?.[1] ?? '',
      });
    },
    close: () => producer.disconnect(),
  };
}
