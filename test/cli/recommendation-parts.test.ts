import { beforeAll, expect, it } from 'vitest';
import { profileLayout } from '../../src/pipeline/profile-domains.ts';
import { recommendationParts } from '../../src/cli/recommendation-parts.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

/** Returns the parts of a pipeline with one sink per view; `id` has type `key`. */
function partsOf(key: string, views: Readonly<Record<string, string>>, table = 'profiles') {
  const text = `CREATE TABLE s (id ${key}, product VARCHAR);${Object.entries(views)
    .map(
      ([name, query]) => `
      CREATE MATERIALIZED VIEW ${name} AS ${query};
      CREATE SINK ${name}_out FROM ${name} WITH (connector = 'dynamodb', primary_key = 'id, sk',
        table = '${name === 'trending' ? table : 'profiles'}');`,
    )
    .join('\n')}`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  expect(diagnostics).toEqual([]);
  return recommendationParts(pipeline!, profileLayout(pipeline!));
}

const ORDERS = "SELECT id, 'profile#orders' AS sk, COUNT(*) AS n FROM s GROUP BY id";
const bestsellers = (id: string) =>
  `SELECT ${id} AS id, 'catalogue#trending' AS sk, ARRAY_AGG(product ORDER BY product) AS titles FROM s`;

it('a pipeline without trending titles and without a taste has nothing to recommend', () => {
  expect(partsOf('VARCHAR', { orders: ORDERS })).toEqual({ trending: undefined, taste: false });
});

it("trending titles have the partition key that the SQL gives them, of the key's type", () => {
  expect(
    partsOf('VARCHAR', { orders: ORDERS, trending: bestsellers("'every/customer'") }).trending,
  ).toMatchObject({
    partition: 'every/customer',
    domain: { layout: 'domain', sortKey: 'catalogue#trending' },
  });
  expect(
    partsOf('BIGINT', { orders: ORDERS, trending: bestsellers('-9007199254740993::bigint') }).trending,
  ).toMatchObject({
    partition: '-9007199254740993',
    domain: { layout: 'domain', sortKey: 'catalogue#trending' },
  });
});

it('trending titles of each customer, or in another table, are no candidates for everybody', () => {
  const each = `${bestsellers('id')} GROUP BY id`;
  expect(partsOf('VARCHAR', { orders: ORDERS, trending: each }).trending).toBeUndefined();
  expect(
    partsOf('VARCHAR', { orders: ORDERS, trending: bestsellers("'0'") }, 'other').trending,
  ).toBeUndefined();
});

it('a domain with a column that titles are ranked by is a taste', () => {
  const session = "SELECT id, 'profile#session' AS sk, MAX(product) AS current_genre FROM s GROUP BY id";
  expect(partsOf('VARCHAR', { orders: ORDERS, session })).toEqual({ trending: undefined, taste: true });
});
