import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { RunnerStatus } from '../../src/runtime/status.ts';
import { createApi } from '../../src/serving/api.ts';
import { behind_ms, troublesOf } from '../../src/serving/health.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';

const WALL_US = 1_773_576_000_000_000;
const ago_us = (ms: number): number => WALL_US - ms * 1000;

interface Parts {
  readonly source?: object;
  readonly stats?: object;
  readonly more?: object;
}
const status = ({ source = {}, stats = {}, more = {} }: Parts = {}): RunnerStatus =>
  ({
    state: 'running',
    wall_us: WALL_US,
    now_us: ago_us(400),
    started_us: ago_us(3_600_000),
    caught_up: true,
    sources: [{ name: 'view_events', state: 'running', rows: 7, problems: [], ...source }],
    sinks: [{ name: 'watch_sink', delivery: 'live', stats: { upserts: 1, ...stats } }],
    ...more,
  }) as unknown as RunnerStatus;

const retrying = (for_ms: number): Parts => ({
  source: { state: 'retrying', error: 'the broker is gone', failing_since_us: ago_us(for_ms) },
});
const failing = (for_ms: number): Parts => ({
  stats: { failing_since_ms: ago_us(for_ms) / 1000, error: 'ECONNREFUSED' },
});

describe('the time by which profiles are behind', () => {
  it('counts from the beginning of a failure, and from the start while the pipeline catches up', () => {
    expect(behind_ms(status())).toBe(400);
    expect(behind_ms(status(retrying(1000)))).toBe(1000);
    expect(behind_ms(status(retrying(90_000)))).toBe(90_000);
    expect(behind_ms(status(failing(61_000)))).toBe(61_000);
    expect(behind_ms(status({ more: { caught_up: false } }))).toBe(3_600_000);
  });

  it('counts the age of the oldest pending change, even while writes succeed', () => {
    expect(behind_ms(status({ stats: { oldest_pending_ms: ago_us(300_000) / 1000 } }))).toBe(300_000);
  });

  it('counts the time by which the clock of the machine was set back', () => {
    const setBack = (ms: number): RunnerStatus => status({ more: { now_us: WALL_US + ms * 1000 } });
    expect([behind_ms(setBack(2000)), troublesOf(setBack(2000))]).toEqual([0, []]);
    expect(behind_ms(setBack(172_800_000))).toBe(172_800_000);
    expect(troublesOf(setBack(172_800_000))).toMatchObject([
      {
        name: 'clock',
        error: expect.stringMatching(/^the machine's clock is 2 days behind the pipeline's clock/) as string,
      },
    ]);
  });

  it('lists troubles, the longest first', () => {
    const both = status({ ...retrying(5000), ...failing(9000) });
    expect(troublesOf(both)).toEqual([
      { kind: 'sink', name: 'watch_sink', error: 'ECONNREFUSED', for_ms: 9000 },
      { kind: 'source', name: 'view_events', error: 'the broker is gone', for_ms: 5000 },
    ]);
    expect(troublesOf(status())).toEqual([]);
  });
});

describe('a pipeline that has caught up', () => {
  const probe = (parts: Parts) => ({
    name: 'viewer-engagement',
    status: () => status(parts),
    viewRows: () => new Map<string, number>(),
  });
  const ask = async (parts: Parts, path: string) => {
    const api = await createApi({ clock: SYSTEM_CLOCK, registry: new Registry(), pipeline: probe(parts) });
    const response = await api.inject(path);
    await api.close();
    return { code: response.statusCode, body: response.json() as Record<string, unknown> };
  };

  it('stays ready while a source or sink fails, but is unhealthy with the reason', async () => {
    expect(await ask({}, '/readyz')).toMatchObject({
      code: 200,
      body: { ready: true, healthy: true, why: [] },
    });
    const { code, body } = await ask(retrying(90_000), '/readyz');
    expect([code, body]).toMatchObject([
      200,
      {
        ready: true,
        healthy: false,
        why: [{ kind: 'source', name: 'view_events', error: 'the broker is gone' }],
      },
    ]);
  });

  it('reports state, errors and ages of each source and sink', async () => {
    const { body } = await ask({ ...retrying(5000), ...failing(9000) }, '/v1/status');
    expect(body).toMatchObject({
      behind_ms: 9000,
      sources: [
        {
          name: 'view_events',
          state: 'retrying',
          error: 'the broker is gone',
          problem_count: 0,
          problems: [],
        },
      ],
      sinks: [{ name: 'watch_sink', delivery: 'live', error: 'ECONNREFUSED', failing_ms: 9000 }],
    });
    const waiting = await ask({ stats: { oldest_pending_ms: ago_us(2500) / 1000 } }, '/v1/status');
    expect(waiting.body).toMatchObject({ sinks: [{ oldest_pending_ms: 2500 }] });
  });
});

describe('a server without a pipeline', () => {
  it('has only the routes that it can answer, and reports its build', async () => {
    const api = await createApi({
      clock: SYSTEM_CLOCK,
      registry: new Registry(),
      options: { version: '9.8.7' },
    });
    const { paths } = (await api.inject('/openapi.json')).json() as { paths: object };
    expect(Object.keys(paths).filter((path) => path.includes('sources'))).toEqual([]);
    const metrics = (await api.inject('/metrics')).body;
    expect(metrics).toContain(`freshet_build_info{version="9.8.7",node="${process.versions.node}"} 1`);
    await api.close();
  });
});
