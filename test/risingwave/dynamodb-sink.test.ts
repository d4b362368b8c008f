import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { RisingWaveSink } from '../sinks/support/risingwave-sink.ts';
import { clientFor } from '../sinks/support/sinks.ts';
import { seeded } from '../storage/support/random.ts';
import { cell } from './support/cells.ts';
import { deleteFrom, insertInto, tableOf } from './support/literals.ts';
import { openRisingWave } from './support/risingwave-server.ts';

const URL = process.env['RISINGWAVE_URL'] ?? '';
const IS_LOCAL = (process.env['RISINGWAVE_IS_LOCAL'] ?? '') !== '';
const ROWS = 60;

const CELLS = `CREATE TABLE cells (
    viewer_id BIGINT PRIMARY KEY, sk VARCHAR, s SMALLINT, i INT, n NUMERIC, r REAL, d DOUBLE PRECISION, t VARCHAR,
    b BOOLEAN, y BYTEA, seen_on DATE, seen_at TIMESTAMP, met_at TIMESTAMPTZ, span INTERVAL, doc JSONB, tags VARCHAR[]
  );`;

async function itemsIn(client: DynamoDbClient, table: string): Promise<readonly AttributeMap[]> {
  const { Items } = await client.scan({ TableName: table });
  return Items.toSorted(
    (a, b) => Number(Object.values(a['viewer_id']!)[0]) - Number(Object.values(b['viewer_id']!)[0]),
  );
}

describe.skipIf(URL === '' || !IS_LOCAL)("RisingWave's own DynamoDB sink", () => {
  it('writes the items that the tests of the API take for its own', async () => {
    await loadParser();
    const random = seeded(5);
    const source = bindPipeline('cells', [{ name: 'cells.sql', text: CELLS }], {}).runnable.sources[0]!;
    const rows = Array.from({ length: ROWS }, (_, id) => cell(id, random).with(1, 'engagement#watch'));
    const dynamodb = await startLocalDynamoDb();
    const client = clientFor(dynamodb.endpoint);
    const server = await openRisingWave(URL);
    try {
      const key = [
        { name: 'viewer_id', type: 'N' },
        { name: 'sk', type: 'S' },
      ] as const;
      for (const table of ['theirs', 'modelled']) await client.createTable(table, key);
      await server.run(tableOf(source));
      await server.run('CREATE MATERIALIZED VIEW items AS SELECT * FROM cells');
      await server.run(`CREATE SINK items_sink FROM items WITH (
        connector = 'dynamodb', table = 'theirs', primary_key = 'viewer_id,sk', region = 'us-east-1',
        endpoint = '${dynamodb.endpoint}', access_key = 'local', secret_key = 'local')`);
      await server.run(insertInto(source, rows));
      await server.run(deleteFrom(source, rows[0]!));
      await server.settle();
      const columns = source.columns.map(({ name, type }) => ({ name, type, nullable: true }));
      const modelled = new RisingWaveSink(client, 'modelled', columns, ['viewer_id', 'sk']);
      await modelled.put(rows.slice(1));
      const expected = await itemsIn(client, 'modelled');
      const until_ms = performance.now() + 120_000;
      while ((await itemsIn(client, 'theirs')).length !== ROWS - 1 && performance.now() < until_ms)
        await sleep(500);
      expect(await itemsIn(client, 'theirs')).toEqual(expected);
    } finally {
      await server.close();
      await client.close();
      await dynamodb.close();
    }
  });
});
