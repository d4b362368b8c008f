import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seeded } from '../storage/support/random.ts';
import { cell } from './support/cells.ts';
import { TYPES } from './support/pipelines.ts';
import { bothForms } from './support/rendered.ts';
import { openRisingWave } from './support/risingwave-server.ts';
import { TopicItems } from './support/topic-items.ts';
import { Twin } from './support/twin.ts';

const URL = process.env['RISINGWAVE_URL'] ?? '';
/** A broker that RisingWave and this machine reach under the same address. */
const BROKERS = process.env['RISINGWAVE_KAFKA'] ?? '';

const sink = (name: string, view: string, key: string): string => `
  CREATE SINK ${name} FROM ${view}
    WITH (connector = 'dynamodb', table = 'items', region = 'us-east-1', primary_key = '${key}',
          freshet.sort_key = '${name}');`;
const PIPELINE = TYPES + sink('cells_sink', 'all_cells', 'id');

describe.skipIf(URL === '' || BROKERS === '')('upsert topics that a real RisingWave writes', () => {
  it('hold the items of Freshet, for all types, after updates and deletes', async () => {
    const place = { brokers: BROKERS, prefix: `freshet_test_${randomBytes(6).toString('hex')}.` };
    const server = await openRisingWave(URL);
    const made: string[] = [];
    let items: TopicItems | undefined;
    try {
      const [[version] = []] = await server.texts('SELECT version()');
      const isOld = /RisingWave-[12]\./.test(version ?? '');
      const [here, there] = await bothForms({ 'types.sql': PIPELINE }, isOld ? '2.8' : '3.0', place);
      const topics = (items = new TopicItems(here, place));
      await topics.create();
      const twin = await Twin.open(here, there, server);
      for (const { kind, name, sql } of there.statements) {
        if (kind !== 'sink') continue;
        await server.run(sql);
        made.push(name);
      }
      const random = seeded(7);
      const rows = Array.from({ length: 200 }, (_, id) => cell(id, random));
      const settle = (): Promise<void> => server.settle();
      await twin.insert('cells', rows);
      expect(await topics.differences(settle)).toEqual([]);
      await twin.delete(
        'cells',
        rows.filter((_, i) => i % 3 === 0),
      );
      await twin.insert(
        'cells',
        rows.filter((_, i) => i % 3 === 1).map(([id], i) => [id!, ...cell(i, random).slice(1)]),
      );
      expect(await topics.differences(settle)).toEqual([]);
    } finally {
      for (const name of made.toReversed()) await server.run(`DROP SINK ${name}`);
      await server.close();
      await items?.delete();
    }
  });
});
