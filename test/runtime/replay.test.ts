import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { replay } from '../../src/runtime/replay.ts';
import type { ReplayProblem } from '../../src/runtime/replay-input.ts';
import { stableOrder } from '../../src/runtime/stable-order.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { parseTimestamp } from '../../src/values/datetime.ts';
import { seeded } from '../storage/support/random.ts';

const SQL = `
CREATE SOURCE plays (viewer BIGINT, seconds INT, title VARCHAR, at TIMESTAMP)
  WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
CREATE SOURCE titles (title VARCHAR, genre VARCHAR)
  WITH (connector = 'kafka', topic = 'titles') FORMAT PLAIN ENCODE JSON;
CREATE SOURCE visits (viewer BIGINT, opened TIMESTAMP, closed TIMESTAMP)
  WITH (connector = 'kafka', topic = 'visits') FORMAT PLAIN ENCODE JSON;
CREATE MATERIALIZED VIEW days AS
  SELECT viewer, at::date AS day, SUM(seconds) AS seconds, COUNT(*) AS plays FROM plays GROUP BY viewer, at::date;
CREATE MATERIALIZED VIEW week AS
  SELECT viewer, SUM(CASE WHEN day > CURRENT_DATE - 7 THEN seconds ELSE 0 END) AS seconds_7d FROM days GROUP BY viewer;
CREATE MATERIALIZED VIEW by_genre AS
  SELECT t.genre, COUNT(*) AS plays FROM plays p JOIN titles t ON p.title = t.title GROUP BY t.genre;
CREATE MATERIALIZED VIEW open_visits AS SELECT viewer, COUNT(*) AS visits FROM visits GROUP BY viewer;
CREATE MATERIALIZED VIEW everything AS SELECT seconds, title, viewer FROM plays;
CREATE SINK week_sink FROM week WITH (
  connector = 'dynamodb', table = 'profiles', primary_key = 'viewer', freshet.sort_key = 'engagement#watch');
`;

let pipeline: Pipeline;
let folder: string;
let files = 0;

beforeAll(async () => {
  await loadParser();
  const checked = bindPipeline('small', [{ name: 'small.sql', text: SQL }], {});
  const error = checked.diagnostics.find((d) => d.severity === 'error');
  if (error !== undefined) throw new Error(error.message);
  pipeline = checked.pipeline!;
  folder = await mkdtemp(join(tmpdir(), 'freshet-replay-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(text: string | Buffer, extension = 'ndjson'): Promise<string> {
  const path = join(folder, `${files++}.${extension}`);
  await writeFile(path, text);
  return path;
}
const ndjson = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const at = (text: string): number => parseTimestamp(text);

async function rowsOf(
  view: string,
  asOf: string,
  inputs: readonly { source: string; path: string }[],
  more: {
    timeColumns?: ReadonlyMap<string, string>;
    interpret?: boolean;
    onProblem?: (p: ReplayProblem) => void;
  } = {},
): Promise<string[]> {
  return [...(await replay({ pipeline, asOf_us: at(asOf), inputs, ...more })).rows(view)];
}

describe('replay', () => {
  test('the clock follows the events up to the as-of time, and windows roll over at each midnight', async () => {
    const plays = await file(
      ndjson([
        { viewer: 1, seconds: 60, at: '2026-03-01T23:59:59.999' },
        { viewer: 1, seconds: 5, at: '2026-03-07T00:00:00' },
        { viewer: 2, seconds: 7, at: '2026-03-01T12:00:00' },
      ]),
    );
    const inputs = [{ source: 'plays', path: plays }];
    expect(await rowsOf('week', '2026-03-07 23:59:59', inputs)).toEqual([
      '{"viewer":1,"seconds_7d":65}',
      '{"viewer":2,"seconds_7d":7}',
    ]);
    expect(await rowsOf('week', '2026-03-08 00:00:00', inputs)).toEqual([
      '{"viewer":1,"seconds_7d":5}',
      '{"viewer":2,"seconds_7d":0}',
    ]);
  });

  test('rows later than the as-of time are left out; a row exactly at it counts', async () => {
    const plays = await file(
      ndjson([
        { viewer: 1, seconds: 1, at: '2026-03-01T10:00:00.000001' },
        { viewer: 1, seconds: 2, at: '2026-03-01T10:00:00' },
        { viewer: 1, seconds: 4, at: '2026-03-01T09:00:00' },
      ]),
    );
    const result = await replay({
      pipeline,
      asOf_us: at('2026-03-01 10:00:00'),
      inputs: [{ source: 'plays', path: plays }],
    });
    expect([...result.rows('days')]).toEqual(['{"viewer":1,"day":"2026-03-01","seconds":6,"plays":2}']);
    expect(result.inputs).toEqual([
      { source: 'plays', records: 3, rows: 2, untimed: 0, later: 1, refused: 0, nulled: 0 },
    ]);
    expect(result.kernel.now_us).toBe(at('2026-03-01 10:00:00'));
  });

  test('sources without a timestamp, and rows whose time is NULL, count at every as-of time', async () => {
    const plays = await file(
      ndjson([
        { viewer: 1, title: 'a', at: null },
        { viewer: 1, title: 'b', at: '2026-03-01T10:00:00' },
      ]),
    );
    const titles = await file(
      ndjson([
        { title: 'a', genre: 'x' },
        { title: 'b', genre: 'y' },
      ]),
    );
    const inputs = [
      { source: 'plays', path: plays },
      { source: 'titles', path: titles },
    ];
    expect(await rowsOf('by_genre', '2026-03-01 12:00:00', inputs)).toEqual([
      '{"genre":"x","plays":1}',
      '{"genre":"y","plays":1}',
    ]);
    expect(await rowsOf('by_genre', '2026-02-01 12:00:00', inputs)).toEqual(['{"genre":"x","plays":1}']);
  });

  test('a source with several timestamp columns needs the option that names the one to order by', async () => {
    const visits = await file(
      ndjson([{ viewer: 1, opened: '2026-03-01T10:00:00', closed: '2026-03-01T12:00:00' }]),
    );
    const inputs = [{ source: 'visits', path: visits }];
    const error = await rowsOf('open_visits', '2026-03-01 11:00:00', inputs).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'ambiguous_time',
      message: 'source "visits" has several timestamp columns: opened, closed',
      hint: expect.stringContaining('--time visits.opened'),
    });
    const by = (column: string) =>
      rowsOf('open_visits', '2026-03-01 11:00:00', inputs, { timeColumns: new Map([['visits', column]]) });
    expect(await by('opened')).toEqual(['{"viewer":1,"visits":1}']);
    expect(await by('closed')).toEqual([]);
    await expect(by('viewer')).rejects.toThrow('is not a timestamp');
    await expect(by('nothing')).rejects.toThrow('has no column "nothing"');
  });

  test('an unknown source, view, sink or file is an error that names it', async () => {
    const none = { pipeline, asOf_us: 0, inputs: [] };
    await expect(replay({ ...none, inputs: [{ source: 'play', path: 'x' }] })).rejects.toThrow(
      'no source "play"',
    );
    await expect(replay({ ...none, timeColumns: new Map([['x', 'y']]) })).rejects.toThrow('no source "x"');
    const empty = await replay(none);
    expect(() => empty.rows('nothing')).toThrow('no materialized view "nothing"');
    expect(() => empty.items('nothing')).toThrow('no sink "nothing"');
    expect([...empty.rows('week')]).toEqual([]);
    await expect(
      replay({ ...none, inputs: [{ source: 'plays', path: join(folder, 'missing.ndjson') }] }),
    ).rejects.toThrow('missing.ndjson');
  });

  test('a sink returns its items without the bookkeeping attributes of a delivery', async () => {
    const plays = await file(
      ndjson([{ viewer: 9007199254740993n.toString(), seconds: 5, at: '2026-03-01T10:00:00' }]).replace(
        /"(\d+)"/,
        '$1',
      ),
    );
    const result = await replay({
      pipeline,
      asOf_us: at('2026-03-02'),
      inputs: [{ source: 'plays', path: plays }],
    });
    expect([...result.items('week_sink')]).toEqual([
      '{"viewer":{"N":"9007199254740993"},"sk":{"S":"engagement#watch"},"seconds_7d":{"N":"5"}}',
    ]);
  });

  test('bad records are reported with their file and place, and do not affect other records', async () => {
    const plays = await file(
      `{"viewer":1,"seconds":1,"at":"2026-03-01T10:00:00"}\nnonsense\n{"viewer":"x","seconds":2,"at":"2026-03-01T10:00:00"}\n`,
    );
    const problems: ReplayProblem[] = [];
    const result = await replay({
      pipeline,
      asOf_us: at('2026-03-02'),
      inputs: [{ source: 'plays', path: plays }],
      onProblem: (problem) => problems.push(problem),
    });
    expect(result.inputs[0]).toMatchObject({ records: 3, rows: 2, refused: 1, nulled: 1 });
    expect(problems.map(({ reason, refused, offset }) => ({ reason, refused, offset }))).toEqual([
      { reason: 'malformed', refused: true, offset: '52' },
      { reason: 'wrong_type', refused: false, offset: '61' },
    ]);
  });

  test('the result is the same to the byte for any order of files and records, compression and format', async () => {
    const random = seeded(5);
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      viewer: Math.floor(random() * 20),
      seconds: Math.floor(random() * 100),
      title: `t${Math.floor(random() * 30)}`,
      at: new Date(Date.UTC(2026, 2, 1) + i * 151_000 + Math.floor(random() * 1000))
        .toISOString()
        .slice(0, -1),
    }));
    const titles = await file(
      ndjson(Array.from({ length: 30 }, (_, i) => ({ title: `t${i}`, genre: `g${i % 7}` }))),
    );
    const shuffled = rows
      .map((row) => ({ row, by: random() }))
      .sort((a, b) => a.by - b.by)
      .map(({ row }) => row);
    const csv = `viewer,seconds,title,at\n${shuffled.map((r) => [r.viewer, r.seconds, r.title, r.at].join(',')).join('\n')}\n`;
    const variants: { source: string; path: string }[][] = [
      [
        { source: 'plays', path: await file(ndjson(rows)) },
        { source: 'titles', path: titles },
      ],
      [
        { source: 'titles', path: titles },
        { source: 'plays', path: await file(ndjson(shuffled)) },
      ],
      [
        { source: 'plays', path: await file(ndjson(shuffled.slice(3000))) },
        { source: 'titles', path: titles },
        { source: 'plays', path: await file(gzipSync(ndjson(shuffled.slice(0, 3000))), 'ndjson.gz') },
      ],
      [
        { source: 'plays', path: await file(csv, 'csv') },
        { source: 'titles', path: titles },
      ],
    ];
    const outputs: string[] = [];
    for (const [i, inputs] of variants.entries()) {
      const result = await replay({
        pipeline,
        asOf_us: at('2026-03-08 12:00:00'),
        inputs,
        interpret: i === 2,
      });
      const views = pipeline.views.map(({ name }) => [...result.rows(name)].join('\n'));
      outputs.push([...views, ...result.items('week_sink')].join('\n'));
    }
    expect(outputs[0]!.length).toBeGreaterThan(50_000);
    for (const output of outputs) expect(output === outputs[0]).toBe(true);

    // A computation by hand gives the same result.
    const until = '2026-03-08T12:00:00';
    const expected = new Map<number, number>();
    for (const { viewer, seconds, at: time } of rows) {
      if (time > until) continue;
      expected.set(viewer, (expected.get(viewer) ?? 0) + (time >= '2026-03-02' ? seconds : 0));
    }
    const week = await rowsOf('week', '2026-03-08 12:00:00', variants[0]!);
    expect(
      new Map(
        week
          .map((line) => JSON.parse(line) as { viewer: number; seconds_7d: number })
          .map((r) => [r.viewer, r.seconds_7d]),
      ),
    ).toEqual(expected);
  });
});

describe('the result at the as-of time', () => {
  const bound = (views: string): Pipeline => {
    const text = `
      CREATE SOURCE plays (viewer INT, seconds INT, share DOUBLE PRECISION, title VARCHAR, due TIMESTAMP, at TIMESTAMP,
        WATERMARK FOR at AS at) WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
      CREATE TABLE names (viewer INT, name VARCHAR, at TIMESTAMP, PRIMARY KEY (viewer))
        WITH (connector = 'kafka', topic = 'names') FORMAT PLAIN ENCODE JSON;
      CREATE TABLE firsts (viewer INT PRIMARY KEY, name VARCHAR, at TIMESTAMP) ON CONFLICT DO NOTHING
        WITH (connector = 'kafka', topic = 'firsts') FORMAT PLAIN ENCODE JSON;
      ${views}`;
    const { pipeline: made, diagnostics } = bindPipeline('way', [{ name: 'way.sql', text }], {});
    const error = diagnostics.find((d) => d.severity === 'error');
    if (error !== undefined)
      throw new Error(`${error.message} at ${text.slice(error.span.start, error.span.end)}`);
    return made!;
  };

  test('is the same in one step as minute by minute', async () => {
    const ways = bound(`
      CREATE MATERIALIZED VIEW days AS SELECT viewer, at::date AS day, SUM(seconds) AS seconds, MIN(due) AS due
        FROM plays WHERE due <= now() GROUP BY viewer, at::date;
      CREATE MATERIALIZED VIEW windows AS SELECT viewer, SUM(seconds) FILTER (WHERE day > CURRENT_DATE - 2) AS recent,
        COUNT(*) FILTER (WHERE day = CURRENT_DATE) AS today, AVG(seconds) AS mean, CURRENT_DATE AS as_of
        FROM days GROUP BY viewer;
      CREATE MATERIALIZED VIEW hour AS SELECT viewer, title, COUNT(*) AS n, MAX(seconds) AS most FROM plays
        WHERE at > now() - INTERVAL '1 hour' GROUP BY viewer, title;
      CREATE MATERIALIZED VIEW best AS SELECT * FROM (SELECT viewer, title, most,
        ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY n DESC, most DESC) AS rank FROM hour) r WHERE rank <= 2;
      CREATE MATERIALIZED VIEW latest AS SELECT title, ARRAY_AGG(seconds ORDER BY at DESC) AS list,
        COUNT(DISTINCT viewer) AS viewers, MAX(share) AS share FROM plays WHERE at >= now() - INTERVAL '3 hours'
        GROUP BY title;
      CREATE MATERIALIZED VIEW named AS SELECT p.viewer, n.name, f.name AS first, p.recent FROM windows p
        LEFT JOIN names n ON n.viewer = p.viewer LEFT JOIN firsts f ON f.viewer = p.viewer;
      CREATE MATERIALIZED VIEW raw AS SELECT viewer, seconds, name FROM plays JOIN names USING (viewer)
        WHERE due > now();`);
    const random = seeded(20261122);
    const pick = (n: number): number => Math.floor(random() * n);
    const time = (hours: number): string =>
      new Date(Date.UTC(2026, 2, 1) + pick(hours * 60) * 60_000 + pick(3) * 20_000)
        .toISOString()
        .slice(0, -1);
    const input = async (source: string, n: number, row: () => object) => ({
      source,
      path: await file(ndjson(Array.from({ length: n }, row))),
    });
    for (let round = 0; round < 6; round++) {
      const inputs = [
        await input('plays', 300, () => ({
          viewer: pick(5),
          seconds: pick(4),
          share: pick(3) / 3,
          title: `t${pick(4)}`,
          due: pick(9) === 0 ? null : time(80),
          at: pick(20) === 0 ? null : time(70),
        })),
        await input('names', 30, () => ({ viewer: pick(6), name: `n${pick(9)}`, at: time(70) })),
        await input('firsts', 30, () => ({ viewer: pick(6), name: `f${pick(9)}`, at: time(70) })),
      ];
      for (const asOf of [time(70), '2026-03-02T00:00:00', '2026-03-03T12:00:00', '2026-05-01T00:00:00']) {
        const options = { pipeline: ways, inputs, asOf_us: at(asOf) };
        const [once, followed] = [await replay(options), await replay({ ...options, everyMinute: true })];
        for (const { name } of ways.views) {
          expect([...once.rows(name)], `${name} at ${asOf}`).toEqual([...followed.rows(name)]);
        }
      }
    }
  });

  test('has sums of doubles without a trace of values that left the window', async () => {
    const sums = bound(`CREATE MATERIALIZED VIEW hour AS SELECT viewer, SUM(share) AS share FROM plays
      WHERE at > now() - INTERVAL '1 hour' GROUP BY viewer;`);
    const plays = await file(
      ndjson([
        { viewer: 1, share: 1e17, at: '2026-03-01T10:00:00' },
        { viewer: 1, share: 1, at: '2026-03-01T10:59:00' },
      ]),
    );
    for (const everyMinute of [false, true]) {
      const inputs = [{ source: 'plays', path: plays }];
      const asOf_us = at('2026-03-01T11:30:00');
      const result = await replay({ pipeline: sums, asOf_us, inputs, everyMinute });
      expect([...result.rows('hour')]).toEqual(['{"viewer":1,"share":1}']);
    }
  });

  test('shows equal intervals by the text of a row within the window, not of one that left it', async () => {
    const lengths = bound(`CREATE MATERIALIZED VIEW hour AS
      SELECT CASE WHEN seconds = 30 THEN INTERVAL '30 days' ELSE INTERVAL '1 month' END AS length, COUNT(*) AS n
      FROM plays WHERE at > now() - INTERVAL '1 hour' GROUP BY 1;`);
    const plays = await file(
      ndjson([
        { viewer: 1, seconds: 30, at: '2026-03-01T10:00:00' },
        { viewer: 1, seconds: 1, at: '2026-03-01T10:59:00' },
      ]),
    );
    for (const everyMinute of [false, true]) {
      const inputs = [{ source: 'plays', path: plays }];
      const asOf_us = at('2026-03-01T11:30:00');
      const result = await replay({ pipeline: lengths, asOf_us, inputs, everyMinute });
      expect([...result.rows('hour')]).toEqual(['{"length":"1 mon","n":1}']);
    }
  });
});

test('stableOrder orders rows like a stable sort', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.integer({ min: -3, max: 8 }).map((x) => (x === -3 ? -Infinity : x)),
        { maxLength: 60 },
      ),
      (times) => {
        const by = (a: number, b: number): number =>
          times[a]! < times[b]! ? -1 : times[a]! > times[b]! ? 1 : a - b;
        const expected = times.map((_, i) => i).sort(by);
        expect([...stableOrder(Float64Array.from(times), times.length)]).toEqual(expected);
      },
    ),
    { seed: 20260802, numRuns: 500 },
  );
});
