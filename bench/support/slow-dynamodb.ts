import { Worker } from 'node:worker_threads';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';

export interface Latency {
  readonly min_ms: number;
  readonly max_ms: number;
  /** Share of requests that take `slow_ms`, from 0 to 1. */
  readonly slowShare: number;
  readonly slow_ms: number;
}

/** The worker's JavaScript as text: a worker file would have to exist in TypeScript and in JavaScript. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const http = require('node:http');
const { items } = workerData;
let latency = workerData.latency;
const viewers = new Map();
const textOf = (key) => key.viewer_id.N;
for (const item of items) {
  if (!viewers.has(textOf(item))) viewers.set(textOf(item), new Map());
  viewers.get(textOf(item)).set(item.sk.S, JSON.stringify(item));
}
const get = (key) => viewers.get(textOf(key))?.get(key.sk.S);
const answers = {
  GetItem: ({ Key }) => { const item = get(Key); return item === undefined ? '{}' : '{"Item":' + item + '}'; },
  BatchGetItem: ({ RequestItems }) => {
    const [[table, { Keys }]] = Object.entries(RequestItems);
    const found = Keys.map(get).filter((item) => item !== undefined);
    return '{"Responses":{' + JSON.stringify(table) + ':[' + found.join(',') + ']},"UnprocessedKeys":{}}';
  },
  Query: ({ ExpressionAttributeValues: values }) => {
    const all = [...(viewers.get(values[':p'].N)?.values() ?? [])];
    return '{"Count":' + all.length + ',"Items":[' + all.join(',') + ']}';
  },
};
const server = http.createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => {
    const operation = request.headers['x-amz-target'].split('.')[1];
    const answer = answers[operation](JSON.parse(body));
    const { min_ms, max_ms, slowShare, slow_ms } = latency;
    const wait_ms = Math.random() < slowShare ? slow_ms : min_ms + Math.random() * (max_ms - min_ms);
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': Buffer.byteLength(answer) });
      response.end(answer);
    }, wait_ms);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
parentPort.on('message', (message) => { latency = message; });
`;

/**
 * Starts a server, in a thread of its own, that answers reads of these items after a latency, uniform between two
 * bounds. It stands for DynamoDB over a network, and answers each Query with all items of the viewer.
 */
export async function startSlowDynamoDb(
  items: readonly AttributeMap[],
  latency: Latency,
): Promise<{ endpoint: string; setLatency(latency: Latency): void; close(): Promise<void> }> {
  const worker = new Worker(WORKER, { eval: true, workerData: { items, latency } });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    setLatency: (next) => worker.postMessage(next, []),
    close: async () => {
      await worker.terminate();
    },
  };
}
