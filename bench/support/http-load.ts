import { Worker } from 'node:worker_threads';

export interface HttpLoad {
  readonly url: string;
  /** Paths to request, in turn. */
  readonly paths: readonly string[];
  readonly requests: number;
  /** Number of concurrent requests, each on its own keep-alive connection. */
  readonly connections: number;
}

export interface HttpLoadResult {
  /** Latency of each request in milliseconds, from sending it to the last byte of its answer. */
  readonly latencies_ms: Float64Array;
  readonly seconds: number;
  /** Number of answers whose status is not 200 or whose body lacks the viewer that its path names. */
  readonly wrong: number;
}

/** The worker's JavaScript as text: a worker file would have to exist in TypeScript and in JavaScript. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const http = require('node:http');
const { url, paths, requests, connections } = workerData;
const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
const latencies_ms = new Float64Array(requests);
let next = 0, wrong = 0;
const one = (path) => new Promise((resolve, reject) => {
  http.get(url + path, { agent }, (answer) => {
    let body = '';
    answer.setEncoding('utf8').on('data', (chunk) => { body += chunk; });
    answer.on('end', () => resolve(answer.statusCode === 200 ? body : undefined));
    answer.on('error', reject);
  }).on('error', reject);
});
const lane = async () => {
  while (next < requests) {
    const i = next++;
    const path = paths[i % paths.length];
    const started = performance.now();
    const body = await one(path);
    latencies_ms[i] = performance.now() - started;
    const viewer = /viewers\\/(\\d+)/.exec(path);
    if (body === undefined || (viewer && !body.includes('"viewer_id":"' + viewer[1] + '"'))) wrong++;
  }
};
const started = performance.now();
Promise.all(Array.from({ length: connections }, lane)).then(() => {
  agent.destroy();
  parentPort.postMessage({ latencies_ms, seconds: (performance.now() - started) / 1000, wrong });
});
`;

/** Sends the requests from a worker thread, so that measuring does not delay the server. */
export function httpLoad(load: HttpLoad): Promise<HttpLoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { eval: true, workerData: load });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
