import { afterAll, beforeAll } from 'vitest';
import { arraySuite } from './suites/array.ts';
import { castSuite } from './suites/casts.ts';
import { datetimeSuite } from './suites/datetime.ts';
import { jsonSuite } from './suites/json.ts';
import { numberSuite } from './suites/numbers.ts';
import { textSuite } from './suites/text.ts';
import { zoneSuite } from './suites/zones.ts';
import { openPostgres } from './support/postgres.ts';
import type { Postgres } from './support/postgres.ts';

// Casts and functions give the values, types and errors that PostgreSQL gives. All suites share one database, because
// starting one takes seconds.
let pg: Postgres;
beforeAll(async () => {
  pg = await openPostgres();
}, 90_000);
afterAll(() => pg.close());

const postgres = (): Postgres => pg;
castSuite(postgres);
numberSuite(postgres);
datetimeSuite(postgres);
zoneSuite(postgres);
textSuite(postgres);
jsonSuite(postgres);
arraySuite(postgres);
