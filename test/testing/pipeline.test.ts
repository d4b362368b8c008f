import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { openPipeline, type TestPipeline } from '../../src/testing/index.ts';

const SQL = `
CREATE SOURCE events (
  id BIGINT, title VARCHAR, price DECIMAL, tags VARCHAR[], extra JSONB, at TIMESTAMP, seen TIMESTAMPTZ
) WITH (connector = 'kafka', topic = '\${TOPIC:-events}', scan.startup.mode = 'earliest') FORMAT PLAIN ENCODE JSON;
CREATE VIEW titled AS SELECT * FROM events WHERE title IS NOT NULL;
CREATE MATERIALIZED VIEW everything AS SELECT * FROM events;
CREATE MATERIALIZED VIEW per_title AS SELECT title, COUNT(*) AS n FROM titled GROUP BY title;
CREATE MATERIALIZED VIEW today AS SELECT id FROM events WHERE at::date = CURRENT_DATE;
`;

const open = (): Promise<TestPipeline> => openPipeline({ 'a.sql': SQL }, { now: '2026-03-15T12:00:00Z' });

describe('rows', () => {
  it('are plain JavaScript values without rounding', async () => {
    const p = await open();
    p.insert('events', [
      {
        id: 9_007_199_254_740_993n,
        price: 0.1,
        tags: ['x', null],
        extra: { a: [1] },
        at: '2026-03-15T11:00:00.5',
        seen: '2026-03-15T13:00:00+02:00',
      },
    ]);
    p.insert('events', '{"id": 2, "price": 0.1000000000000000055}\n\n{"id": 3}\r\n');
    expect(p.rows('everything')).toEqual([
      { id: 2, title: null, price: '0.1000000000000000055', tags: null, extra: null, at: null, seen: null },
      { id: 3, title: null, price: null, tags: null, extra: null, at: null, seen: null },
      {
        id: 9_007_199_254_740_993n,
        title: null,
        price: 0.1,
        tags: ['x', null],
        extra: { a: [1] },
        at: '2026-03-15T11:00:00.5',
        seen: '2026-03-15T11:00:00Z',
      },
    ]);
    expect(p.problems()).toEqual([]);
  });

  it('that cannot be decoded are reported as problems, and refused rows are not inserted', async () => {
    const p = await open();
    p.insert('events', '{"id": "many", "title": "a"}\nnonsense\n{"title": "a"}');
    expect(p.problems()).toMatchObject([{ column: 'id', refused: false }, { refused: true }]);
    expect(p.problems()).toEqual([]);
    expect(p.rows('per_title')).toEqual([{ title: 'a', n: 2 }]);
  });
});

describe('changes', () => {
  it('are returned once and in order, an update with the row before and after', async () => {
    const p = await open();
    p.insert('events', [{ title: 'a' }]);
    p.rows('per_title');
    p.insert('events', [{ title: 'a' }, { title: 'a' }]);
    expect(p.changes('per_title')).toEqual([
      { op: 'insert', before: undefined, after: { title: 'a', n: 1 } },
      { op: 'update', before: { title: 'a', n: 1 }, after: { title: 'a', n: 3 } },
    ]);
    expect(p.changes('per_title')).toEqual([]);
  });

  it('are reported when only the clock moves', async () => {
    const p = await open();
    p.insert('events', [{ id: 1, at: '2026-03-15T23:00:00' }]);
    expect(p.changes('today')).toMatchObject([{ op: 'insert' }]);
    p.advanceTo('2026-03-15T23:59:59.999999Z');
    expect(p.changes('today')).toEqual([]);
    p.advanceBy('1 microsecond');
    expect(p.changes('today')).toEqual([{ op: 'delete', before: { id: 1 }, after: undefined }]);
    expect(p.now).toEqual(new Date('2026-03-16T00:00:00Z'));
  });
});

describe('mistakes', () => {
  it('about the clock are reported with the refused time, and the clock does not move', async () => {
    const p = await open();
    const back = 'the clock is at 2026-03-15T12:00:00Z and cannot go back to 2026-03-14T12:00:00Z';
    expect(() => p.advanceTo('2026-03-14T12:00:00Z')).toThrow(back);
    expect(() => p.advanceBy('-1 day')).toThrow(back);
    expect(() => p.advanceTo('tomorrow-ish')).toThrow('tomorrow-ish');
    expect(() => p.advanceBy('soon')).toThrow('soon');
    expect(() => p.advanceTo(new Date(Number.NaN))).toThrow('not a point in time');
    p.insert('events', [{ title: 'a' }]);
    expect(p.rows('per_title')).toHaveLength(1);
    await expect(openPipeline({ 'a.sql': SQL }, { now: new Date(Number.NaN) })).rejects.toThrow(
      'not a point in time',
    );
  });

  it('about names list the existing names', async () => {
    const p = await open();
    const views = 'the pipeline has: everything, per_title, today';
    expect(() => p.rows('nosuch')).toThrow(`no materialized view named 'nosuch'; ${views}`);
    expect(() => p.rows('per_titel')).toThrow(
      'no materialized view named \'per_titel\'; did you mean "per_title"?',
    );
    expect(() => p.rows('events')).toThrow(`'events' is a source, which stores no rows; ${views}`);
    expect(() => p.insert('today', {})).toThrow(
      "'today' is a materialized view, whose rows come from its query; the pipeline has: events",
    );
    expect(() => p.items('today')).toThrow("no sink reads 'today'; the pipeline has none");
    expect(() => p.changes('titled')).toThrow(`'titled' is a plain view, which stores no rows; ${views}`);
    expect(() => p.insert('event', [{}])).toThrow(
      'no source or table named \'event\'; did you mean "events"?',
    );
  });

  it.each<[string, unknown, string]>([
    ['a number', 5, "the value inserted into 'events' is a number, not an object; insert takes { column"],
    ['nothing', undefined, "the value inserted into 'events' is undefined, not an object"],
    ['null', null, "the value inserted into 'events' is null, not an object"],
    ['a text among objects', [{}, '{}'], "event 1 for 'events' is a string, not an object"],
    ['an array among objects', [[{}]], "event 0 for 'events' is an array, not an object"],
  ])('about inserted values are refused: %s', async (_, events, message) => {
    const p = await open();
    expect(() => p.insert('events', events as object)).toThrow(message);
    expect(p.rows('everything')).toEqual([]);
  });

  it('in the SQL are reported with their place and a hint', async () => {
    await expect(openPipeline({ 'a.sql': 'SELECT 1' }, { now: '2026-03-15' })).rejects.toThrow(
      /a\.sql:1:1: error[^]*hint: /,
    );
  });

  it('in the SQL of a folder are reported all at once, also those of SQL that binds but cannot run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'freshet-wrong-'));
    const flows = 'CREATE MATERIALIZED VIEW v AS SELECT now() - opened AS age FROM t;';
    writeFileSync(
      join(folder, 'a.sql'),
      `CREATE TABLE t (opened TIMESTAMPTZ);\n${flows}\nCREATE MATERIALIZED VIEW w AS SELECT nope FROM t;`,
    );
    const wrong = openPipeline(folder, { now: '2026-03-15' });
    const at = (line: number): RegExp => new RegExp(`${folder}/a\\.sql:${line}:\\d+: error`);
    await expect(wrong).rejects.toThrow(at(2));
    await expect(wrong).rejects.toThrow(at(3));
    rmSync(folder, { recursive: true });
  });

  it('in the folder are reported with its full path', async () => {
    await expect(openPipeline('no/such', { now: '2026-03-15' })).rejects.toThrow(
      /^no such folder: \/.*no\/such$/,
    );
  });
});

it('fills ${NAME} from the option `env` alone', async () => {
  const topic = async (env: Record<string, string>): Promise<unknown> =>
    (await openPipeline({ 'a.sql': SQL }, { now: '2026-03-15', env })).pipeline.sources[0]!.options.get(
      'topic',
    )?.value;
  expect(await topic({})).toBe('events');
  expect(await topic({ TOPIC: 'mine' })).toBe('mine');
});

it('starts at the present time without the option `now`, and inserts one event or many', async () => {
  const before_ms = Date.now();
  const p = await openPipeline({ 'a.sql': SQL });
  expect(p.now.getTime()).toBeGreaterThanOrEqual(before_ms);
  expect(p.now.getTime()).toBeLessThanOrEqual(Date.now());
  p.insert('events', { title: 'a' });
  p.insert('events', new Set([{ title: 'b' }, { title: 'a' }]));
  expect(p.rows('per_title')).toEqual([
    { title: 'a', n: 2 },
    { title: 'b', n: 1 },
  ]);
});

describe('items', () => {
  const SINKS = `
    CREATE TABLE plays (viewer BIGINT, seconds INT, tag VARCHAR);
    CREATE MATERIALIZED VIEW totals AS
      SELECT viewer, 'engagement#plays' AS sk, SUM(seconds) AS seconds, ARRAY_AGG(tag) AS tags
      FROM plays GROUP BY viewer;
    CREATE SINK out FROM totals WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer, sk');
  `;

  it('are what the sink writes for the current rows, by the name of the sink or of its view', async () => {
    const p = await openPipeline({ 'a.sql': SINKS }, { now: '2026-03-15' });
    p.insert('plays', [
      { viewer: 10, seconds: 7, tag: 'x' },
      { viewer: 2, seconds: 1 },
    ]);
    const sk = { S: 'engagement#plays' };
    expect(p.items('out')).toEqual([
      { viewer: { N: '2' }, sk, seconds: { N: '1' }, tags: { L: [{ NULL: true }] } },
      { viewer: { N: '10' }, sk, seconds: { N: '7' }, tags: { L: [{ S: 'x' }] } },
    ]);
    expect(p.items('totals')).toEqual(p.items('out'));
    p.insert('plays', { viewer: 2, seconds: 2 });
    expect(p.items('out')[0]).toMatchObject({ seconds: { N: '3' } });
  });

  it('of a row without a key are an error that shows the row; a wrong name suggests the sink', async () => {
    const p = await openPipeline({ 'a.sql': SINKS }, { now: '2026-03-15' });
    expect(() => p.rows('out')).toThrow(
      "'out' is a sink: items('out') returns its items, rows('totals') the rows",
    );
    expect(() => p.items('otu')).toThrow('no sink named \'otu\'; did you mean "out"?');
    p.insert('plays', { seconds: 7 });
    expect(() => p.items('out')).toThrow(/^sink "out" writes no item for the row \{"viewer":null,.*viewer/);
  });
});

it('does what the README shows', async () => {
  const folder = fileURLToPath(new URL('../../pipelines/viewer-engagement', import.meta.url));
  const p = await openPipeline(folder, { now: '2026-03-15T12:00:00Z' });
  p.insert('view_events', [
    {
      viewer_id: 1,
      content_id: 'a',
      genre: 'drama',
      watch_duration_sec: 600,
      watched_at: '2026-03-15T11:50:00',
    },
  ]);
  expect(p.rows('viewer_engagement_rolling')).toMatchObject([{ viewer_id: 1, watch_minutes_7d: 10 }]);
  p.advanceBy('8 days');
  expect(p.changes('viewer_engagement_rolling').at(-1)).toMatchObject({
    op: 'update',
    before: { watch_minutes_7d: 10 },
    after: { watch_minutes_7d: 0 },
  });
});

test('a misspelt field is reported once per field and source', async () => {
  const p = await open();
  p.insert('events', [{ id: 1, titel: 'a', colour: 'red' }]);
  p.insert('events', [
    { id: 2, titel: 'b' },
    { ID: 3, title: 'c', titel: 'd' },
  ]);
  expect(p.problems().map(({ reason, message }) => [reason, message])).toEqual([
    ['misspelt', 'no column takes the field "titel": did you mean "title"?'],
  ]);
});

it('gives events its clock as their timestamp, as a topic does', async () => {
  const sql = `
    CREATE SOURCE plays (id BIGINT) INCLUDE timestamp AS arrived_at
      WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW last AS SELECT id, MAX(arrived_at) AS arrived_at FROM plays GROUP BY id;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  p.insert('plays', { id: 1 });
  p.advanceBy('1 hour');
  p.insert('plays', { id: 2 });
  expect(p.rows('last')).toEqual([
    { id: 1, arrived_at: '2026-03-15T12:00:00Z' },
    { id: 2, arrived_at: '2026-03-15T13:00:00Z' },
  ]);
});
