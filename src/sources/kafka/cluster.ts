import { type Cluster, type Consumer, Kafka } from 'kafkajs';
import type { KafkaSourceConfig } from './config.ts';

const NO_PROTOCOL = { name: 'none', metadata: Buffer.alloc(0) };

/**
 * A consumer that never joins its group: it lends its connections, which kafkajs hands to a partition assigner, to
 * `lend`, before it connects.
 */
export function borrowCluster(
  { client, groupId }: KafkaSourceConfig,
  metadataMaxAge: number,
  lend: (cluster: Cluster) => void,
): Consumer {
  return new Kafka(client).consumer({
    groupId,
    allowAutoTopicCreation: false,
    metadataMaxAge,
    partitionAssigners: [
      ({ cluster }) => {
        lend(cluster);
        return { name: 'none', version: 0, assign: () => Promise.resolve([]), protocol: () => NO_PROTOCOL };
      },
    ],
  });
}
