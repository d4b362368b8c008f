import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../house/files.ts';
import { seeded } from '../storage/support/random.ts';
import { cell } from './support/cells.ts';
import { interactions, viewEvents } from './support/events.ts';
import { SECONDS, TYPES } from './support/pipelines.ts';
import { bothForms } from './support/rendered.ts';
import { openRisingWave } from './support/risingwave-server.ts';
import { Twin } from './support/twin.ts';

const URL = process.env['RISINGWAVE_URL'] ?? '';

/** Opens a pipeline here and there, lets `use` compare them, and drops what is there. */
async function withTwin(
  sql: string | Readonly<Record<string, string>>,
  use: (twin: Twin) => Promise<void>,
): Promise<void> {
  const server = await openRisingWave(URL);
  try {
    const [[version] = []] = await server.texts('SELECT version()');
    const isOld = /RisingWave-[12]\./.test(version ?? '');
    await use(await Twin.open(...(await bothForms(sql, isOld ? '2.8' : '3.0')), server));
  } finally {
    await server.close();
  }
}

describe.skipIf(URL === '')('on a real RisingWave', () => {
  it.each(['viewer-engagement', 'as-published'])('the views of %s are those of Freshet', async (name) => {
    const random = seeded(20_260_315);
    await withTwin(join(ROOT, 'pipelines', name), async (twin) => {
      for (let round = 0; round < 4; round++) {
        await twin.insert('view_events', viewEvents(200, random, { now_ms: Date.now() }));
        await twin.insert('content_interactions', interactions(60, random, Date.now()));
        expect(await twin.differences()).toEqual([]);
      }
      expect(twin.rows('viewer_engagement_rolling').length).toBeGreaterThan(8);
    });
  });

  it('values of all types, deletes and aggregates are those of Freshet', async () => {
    const random = seeded(7);
    const rows = Array.from({ length: 300 }, (_, id) => cell(id, random));
    await withTwin({ 'types.sql': TYPES }, async (twin) => {
      await twin.insert('cells', rows.slice(0, 200));
      expect(await twin.differences()).toEqual([]);
      await twin.delete(
        'cells',
        rows.slice(0, 200).filter((_, i) => i % 3 === 0),
      );
      await twin.insert('cells', rows.slice(200));
      expect(await twin.differences()).toEqual([]);
    });
  });

  it('rows leave windows of some seconds by themselves, when no event arrives', async () => {
    await withTwin({ 'seconds.sql': SECONDS }, async (twin) => {
      const now_us = Date.now() * 1000;
      await twin.insert('plays', [
        [1n, 10, now_us],
        [1n, 5, now_us - 3_000_000],
        [2n, 20, now_us],
        [2n, 1, now_us - 600_000_000],
      ]);
      expect(await twin.differences()).toEqual([]);
      while (twin.rows('recent').length > 0) expect(await twin.differences()).toEqual([]);
      expect(await twin.differences()).toEqual([]);
      expect(twin.rows('windows')).toMatchObject([
        { viewer_id: 1, seconds: 15, seconds_4s: 0 },
        { viewer_id: 2, seconds: 21, seconds_4s: 0 },
      ]);
    });
  });
});
