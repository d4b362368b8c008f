import { beforeAll, test } from 'vitest';
import { loadParser } from '../../src/sql/parser.ts';
import { expectScript } from './support/script.ts';

beforeAll(() => loadParser());

test('a JSONB number keeps its text, and equal numbers form one group', async () => {
  await expectScript(
    `CREATE TABLE t (id INT PRIMARY KEY, j JSONB);
     CREATE MATERIALIZED VIEW by_text AS SELECT j ->> 'v' AS v, COUNT(*) AS n FROM t GROUP BY j ->> 'v';
     CREATE MATERIALIZED VIEW by_json AS SELECT j -> 'v' AS v, COUNT(*) AS n FROM t GROUP BY j -> 'v';
     CREATE MATERIALIZED VIEW kinds AS SELECT COUNT(DISTINCT j) AS n FROM t;`,
    `=> kinds + 0
     t + 1 '{"v": 1.10}'
     => by_text + 1.10 1
     => by_json + 1.10 1
     => kinds - 0
     => kinds + 1
     t + 2 '{"v": 1.1}'
     t + 3 '{"v": 1.10}'
     => by_text + 1.1 1
     => by_text - 1.10 1
     => by_text + 1.10 2
     => by_json - 1.10 1
     => by_json + 1.1 3
     t - 1 '{"v": 1.10}'
     => by_text - 1.10 2
     => by_text + 1.10 1
     => by_json - 1.1 3
     => by_json + 1.1 2`,
  );
});

test('rows with 1.10 and 1.1 are different rows, also in a table without a key', async () => {
  await expectScript(
    `CREATE TABLE t (id INT PRIMARY KEY, k INT, j JSONB);
     CREATE MATERIALIZED VIEW bag AS SELECT j FROM t;
     CREATE MATERIALIZED VIEW row AS SELECT id, j FROM t;
     CREATE MATERIALIZED VIEW joined AS SELECT a.j FROM t a JOIN t b ON a.k = b.k AND b.id = 1;
     CREATE MATERIALIZED VIEW list AS SELECT k, jsonb_agg(j) AS js FROM t GROUP BY k;
     CREATE MATERIALIZED VIEW short AS SELECT k, jsonb_agg(DISTINCT j) AS js FROM t GROUP BY k;`,
    `t + 1 7 1.1
     t + 2 7 1.10
     => bag + 1.1
     => bag + 1.10
     => row + 1 1.1
     => row + 2 1.10
     => joined + 1.10
     => joined + 1.1
     => list + 7 '[1.1, 1.10]'
     => short + 7 [1.1]
     t + 2 7 1.100
     => bag - 1.10
     => bag + 1.100
     => row - 2 1.10
     => row + 2 1.100
     => joined - 1.10
     => joined + 1.100
     => list - 7 '[1.1, 1.10]'
     => list + 7 '[1.1, 1.100]'
     t - 1 7 1.1
     => bag - 1.1
     => row - 1 1.1
     => joined - 1.1
     => joined - 1.100
     => list - 7 '[1.1, 1.100]'
     => list + 7 [1.100]
     => short - 7 [1.1]
     => short + 7 [1.100]`,
  );
});
