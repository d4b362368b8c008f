import { test } from 'vitest';
import { expectScript } from './support/script.ts';

test('a view reports its changes also if other views read it or have the same rows', () =>
  expectScript(
    `CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR);
     CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS c FROM t GROUP BY k;
     CREATE MATERIALIZED VIEW doubled AS SELECT k, c * 2 AS c FROM v WHERE c > 1;
     CREATE MATERIALIZED VIEW n AS SELECT COUNT(*) AS c FROM t WHERE k = 'a';
     CREATE MATERIALIZED VIEW same AS SELECT * FROM n;`,
    `t + 1 a
     => v + a 1
     => n + 1
     => same + 1
     t + 2 a
     => v - a 1
     => v + a 2
     => doubled + a 4
     => n - 1
     => n + 2
     => same - 1
     => same + 2`,
  ));
