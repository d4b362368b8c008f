import { beforeAll, expect, test } from 'vitest';
import { loadParser } from '../../../src/sql/parser.ts';
import { stateTables } from '../../../src/sql/target/risingwave/state-tables.ts';
import { rendering } from './support/render.ts';

// RisingWave keeps the values of MIN and MAX in a table only where rows may be deleted or updated.

beforeAll(loadParser);

const KAFKA = `WITH (connector = 'kafka', topic = 't', properties.bootstrap.server = 'b:9092') FORMAT`;
const LARGEST = (from: string): string =>
  `CREATE MATERIALIZED VIEW m AS SELECT k, MAX(n) AS n ${from} GROUP BY k;`;

async function keepsValues(sql: string): Promise<boolean> {
  const { pipeline } = await rendering(sql);
  const view = pipeline!.views.find(({ name }) => name === 'm')!;
  return stateTables(view, pipeline!).some(({ operator }) => operator === 'max of HashAgg');
}

test.each([
  ['a source', `CREATE SOURCE t (k INT, n INT) ${KAFKA} PLAIN ENCODE JSON;`, 'FROM t', false],
  ['an append-only table', `CREATE TABLE t (k INT, n INT) APPEND ONLY;`, 'FROM t', false],
  ['a table', `CREATE TABLE t (k INT PRIMARY KEY, n INT) ${KAFKA} UPSERT ENCODE JSON;`, 'FROM t', true],
  [
    'a view of a source',
    `CREATE SOURCE t (k INT, n INT) ${KAFKA} PLAIN ENCODE JSON;
     CREATE MATERIALIZED VIEW v AS SELECT k, n + 1 AS n FROM t;`,
    'FROM v',
    false,
  ],
  [
    'a view of groups',
    `CREATE SOURCE t (k INT, n INT) ${KAFKA} PLAIN ENCODE JSON;
     CREATE MATERIALIZED VIEW v AS SELECT k, n, COUNT(*) AS c FROM t GROUP BY k, n;`,
    'FROM v',
    true,
  ],
  [
    'rows that leave as time passes',
    `CREATE SOURCE t (k INT, n INT, at TIMESTAMPTZ) ${KAFKA} PLAIN ENCODE JSON;`,
    `FROM t WHERE at > now() - INTERVAL '7 days'`,
    true,
  ],
  [
    'rows that only enter as time passes',
    `CREATE SOURCE t (k INT, n INT, at TIMESTAMPTZ) ${KAFKA} PLAIN ENCODE JSON;`,
    `FROM t WHERE at < now() - INTERVAL '7 days'`,
    false,
  ],
])('the values of MAX over %s', async (_, tables, from, isKept) => {
  expect(await keepsValues(`${tables}\n${LARGEST(from)}`)).toBe(isKept);
});
