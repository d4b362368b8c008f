import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, type Registry } from 'prom-client';

const NAME = 'freshet_http_request_duration_seconds';
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers a histogram of request durations by method, route pattern and status. */
export function httpMetrics(app: FastifyInstance, registry: Registry): void {
  const histogram =
    (registry.getSingleMetric(NAME) as Histogram<'method' | 'route' | 'status'> | undefined) ??
    new Histogram({
      name: NAME,
      help: 'Duration of HTTP requests by method, route and status',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers: [registry],
    });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    histogram.observe(labels, reply.elapsedTime / 1000);
  });
}

const BUILD_INFO = 'freshet_build_info';

/** Registers a gauge that is always 1, labelled with the versions of Freshet and Node. */
export function buildInfo(registry: Registry, version = 'unknown'): void {
  if (registry.getSingleMetric(BUILD_INFO) !== undefined) return;
  const gauge = new Gauge({
    name: BUILD_INFO,
    help: 'Always 1; the labels are the running versions',
    labelNames: ['version', 'node'],
    registers: [registry],
  });
  gauge.set({ version, node: process.versions.node }, 1);
}
