import { type Cluster, type Consumer, Kafka } from 'kafkajs';
import type { KafkaSourceConfig } from './config.ts';

const NO_PROTOCOL = { name: 'none', metadata: Buffer.alloc(0) };

/**
 * Returns a consumer that never joins its group. It calls `lend`, before it connects, with its cluster client, which
 * kafkajs exposes only to partition assigners.
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
