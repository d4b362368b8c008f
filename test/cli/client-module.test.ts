import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderClient } from '../../src/cli/format/typescript-client.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { ROOT } from '../house/files.ts';

beforeAll(() => loadParser());

async function shipped(): Promise<Pipeline> {
  const { pipeline } = await loadPipeline(join(ROOT, 'pipelines/viewer-engagement'), { env: {} });
  return pipeline!;
}

/** Binds and checks SQL, with the views of day buckets that its layouts need. */
function pipelineOf(text: string): Pipeline {
  const bound = bindPipeline('test', [{ name: 'a.sql', text }], {});
  const { pipeline, diagnostics } = checkPipeline(bound);
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return pipeline;
}

const SHOP = `
CREATE TABLE orders (customer_id VARCHAR, day DATE, amount INT, note VARCHAR);
-- What a customer ordered.
-- total_7d: in the last week
CREATE MATERIALIZED VIEW order_totals AS SELECT customer_id,
  COALESCE(SUM(amount) FILTER (WHERE day > CURRENT_DATE - 7), 0) AS total_7d,
  COUNT(*) FILTER (WHERE day > CURRENT_DATE - 7) AS "__proto__", -- how many */ of them
  MAX(note) AS "odd name"
FROM orders GROUP BY customer_id;
CREATE MATERIALIZED VIEW tiles AS SELECT customer_id, day, SUM(amount) AS total FROM orders GROUP BY customer_id, day;
CREATE SINK a FROM order_totals WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'customer_id',
  freshet.sort_key = 'profile#orders');
CREATE SINK b FROM order_totals WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'customer_id',
  freshet.sort_key = 'profile#__proto__');
`;

describe('the module of types --client', () => {
  it('has the comments of the SQL, the types of the view, and names that no text can break', () => {
    const text = renderClient(pipelineOf(SHOP))!;
    expect(text).toContain(`/**
 * What a customer ordered.
 *
 * Domain \`profile#orders\`, written by a from order_totals in layout domain.
 */
export interface Orders {
  /** in the last week (BIGINT) */
  readonly total_7d: number;
  /** how many *\u200b/ of them (BIGINT) */
  readonly __proto__: number;
  /** VARCHAR */
  readonly "odd name": string | null;
}
`);
    expect(text).toContain(
      '    ["__proto__"]: {\n      layout: "domain",\n      sortKey: "profile#__proto__",',
    );
    expect(text).toContain('export type ProfileId = string;');
    expect(text).not.toContain('packedReader');
  });

  it('is the same text for equal pipelines', async () => {
    expect(renderClient(await shipped())).toBe(renderClient(await shipped()));
  });

  it('does not exist for a pipeline without profiles', () => {
    expect(
      renderClient(pipelineOf('CREATE TABLE t (a INT); CREATE MATERIALIZED VIEW v AS SELECT a FROM t;')),
    ).toBeUndefined();
  });
});

const NAMES = '"history" | "interactions" | "preferences" | "session" | "watch"';

/** Programs that must not compile, with what the compiler says of each. */
const WRONG: Readonly<Record<string, readonly [program: string, error: string]>> = {
  dropped_column: [
    `const watch = await profiles.get(1, 'watch');
     if (watch.status === 'present') use(watch.metrics.watch_minutes_90d);`,
    "TS2551: Property 'watch_minutes_90d' does not exist on type 'Watch'. Did you mean 'watch_minutes_1d'?",
  ],
  unknown_domain: [
    `await profiles.get(1, 'wach');`,
    `TS2345: Argument of type '"wach"' is not assignable to parameter of type '${NAMES}'.`,
  ],
  unknown_domain_of_many: [
    `await profiles.getMany(1, ['watch', 'wach']);`,
    `TS2820: Type '"wach"' is not assignable to type '${NAMES}'. Did you mean '"watch"'?`,
  ],
  domain_not_asked_for: [
    `const two = await profiles.getMany(1, ['watch', 'session']); use(two.history);`,
    "TS2339: Property 'history' does not exist on type",
  ],
  metrics_before_status: [
    `const watch = await profiles.get(1, 'watch'); use(watch.metrics);`,
    "TS2339: Property 'metrics' does not exist on type",
  ],
  metrics_of_absent: [
    `const watch = await profiles.get(1, 'watch'); if (watch.status === 'absent') use(watch.metrics);`,
    "TS2339: Property 'metrics' does not exist on type 'Absent'.",
  ],
  forgotten_status: [
    `const watch = await profiles.get(1, 'watch');
     switch (watch.status) {
       case 'present': case 'zero': case 'stale': use(watch.metrics.titles_7d); break;
       case 'absent': break;
       default: never(watch);
     }`,
    "TS2345: Argument of type 'Expired' is not assignable to parameter of type 'never'.",
  ],
  null_as_number: [
    `const watch = await profiles.get(1, 'watch');
     if (watch.status === 'present') { const rate: number = watch.metrics.completion_rate_7d; use(rate); }`,
    "TS2322: Type 'number | null' is not assignable to type 'number'.",
  ],
  written_metric: [
    `const watch = await profiles.get(1, 'watch'); if (watch.status === 'present') watch.metrics.titles_7d = 1;`,
    "TS2540: Cannot assign to 'titles_7d' because it is a read-only property.",
  ],
  wrong_viewer: [
    `await profiles.get(true, 'watch');`,
    "TS2345: Argument of type 'boolean' is not assignable to parameter of type 'ProfileId'.",
  ],
  number_for_text: [
    `await shop.get(1, 'orders');`,
    "TS2345: Argument of type 'number' is not assignable to parameter of type 'string'.",
  ],
  days_of_a_domain_without: [
    `await profiles.days(1, 'watch', { from: '2026-03-01', to: '2026-03-02' });`,
    "TS2345: Argument of type '\"watch\"' is not assignable to parameter of type 'never'.",
  ],
  window_of_a_domain_without: [
    `await profiles.window(1, 'watch', 14);`,
    "TS2345: Argument of type '\"watch\"' is not assignable to parameter of type 'never'.",
  ],
  get_of_a_domain_with_days: [
    `await packed.get('a', 'order_days');`,
    `TS2345: Argument of type '"order_days"' is not assignable to parameter of type '"orders"'.`,
  ],
  metric_that_may_be_missing: [
    `const orders = await metric.get('a', 'orders');
     if (orders.status === 'present') { const total: number = orders.metrics.total_7d; use(total); }`,
    "TS2322: Type 'number | undefined' is not assignable to type 'number'.",
  ],
  window_of_another_metric: [
    `const week = await packed.window('a', 'orders', 14); if (week.status === 'present') use(week.metrics.total_7d);`,
    "TS2339: Property 'total_7d' does not exist on type 'OrdersWindow'.",
  ],
};

const RIGHT = `
const options = { region: 'us-east-1', deadline_ms: 100, hedge: { after: 'p95' }, cache: { ms: 50 } } as const;
const opened: Profiles = openProfiles(options);
const { watch, session } = await opened.getMany(42n, ['watch', 'session']);
switch (watch.status) {
  case 'present':
  case 'zero':
  case 'stale': {
    const minutes: number = watch.metrics.watch_minutes_7d;
    const rate: number | null = watch.metrics.completion_rate_7d;
    use(minutes, rate, watch.version, watch.age_ms);
    break;
  }
  case 'expired':
    use(watch.expired_at_ms);
    break;
  case 'absent':
    break;
  default:
    never(watch);
}
if (session.status === 'stale') use(session.behind_ms, session.metrics.current_genre);
for (const { history } of await opened.getBatch([1, '2', 3n], ['history']))
  if ('metrics' in history) use(history.metrics.recent_titles.length);
const plan = opened.explain(['watch', 'session', 'history'], { consistent: true });
use(plan.rru, plan.requests.map(({ operation }) => operation), opened.counters().rru);
await opened.close();

const sdk = new DynamoDB({ region: 'us-east-1' });
use(profilesOver(sdkTransport(sdk), { staleAfter_ms: 60_000, asOf: () => Date.now() }));
const client = new DynamoDBClient({ region: 'us-east-1' });
use(profilesOver(sdkTransport({ client, GetItemCommand, BatchGetItemCommand, QueryCommand })));

const only = await plain.get(7, 'a');
if (only.status === 'present') use(only.metrics.total_7d.toFixed(1), plainModule.schema.key.sort);
const fortnight = await packed.window('a', 'orders', 14);
if (fortnight.status === 'present') use(fortnight.metrics.total);
for (const day of await packed.days('a', 'order_days', { from: '2026-03-01', to: '2026-03-14' }))
  use(day.day, day.metrics.total, day.status === 'stale' ? day.behind_ms : 0);
`;

const HEAD = `
import { BatchGetItemCommand, DynamoDB, DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { sdkTransport } from 'freshet-sql/client';
import { openProfiles, profilesOver, type Profiles } from './engagement.ts';
import * as shopModule from './shop.ts';
import * as packedModule from './packed.ts';
import * as metricModule from './metric.ts';
import * as plainModule from './plain.ts';
declare const profiles: Profiles;
declare const shop: shopModule.Profiles;
declare const packed: packedModule.Profiles;
declare const metric: metricModule.Profiles;
declare const plain: plainModule.Profiles;
declare function use(...values: unknown[]): void;
declare function never(value: never): void;
use(BatchGetItemCommand, DynamoDB, DynamoDBClient, GetItemCommand, QueryCommand);
use(sdkTransport, openProfiles, profilesOver);
use(profiles, shop, packed, metric, plain);
never as unknown;
`;

describe('a program that uses the module', () => {
  let folder: string;
  let errors: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'freshet-client-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'engagement.ts'), renderClient(await shipped())!);
    writeFileSync(join(folder, 'shop.ts'), renderClient(pipelineOf(SHOP))!);
    writeFileSync(join(folder, 'packed.ts'), renderClient(pipelineOf(PACKED))!);
    writeFileSync(join(folder, 'metric.ts'), renderClient(pipelineOf(METRIC))!);
    writeFileSync(join(folder, 'plain.ts'), renderClient(pipelineOf(PLAIN))!);
    writeFileSync(join(folder, 'right.ts'), HEAD + RIGHT);
    for (const [name, [program]] of Object.entries(WRONG))
      writeFileSync(join(folder, `${name}.ts`), HEAD + program);
    errors = compile(folder, ['right', ...Object.keys(WRONG)]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('compiles if it handles every status, over our transport and over both forms of the AWS SDK', () => {
    expect(errors.get('right.ts') ?? []).toEqual([]);
    expect([...errors.keys()].toSorted()).toEqual(
      Object.keys(WRONG)
        .map((name) => `${name}.ts`)
        .toSorted(),
    );
  });

  it.each(Object.entries(WRONG))('does not compile with a %s', (name, [, error]) => {
    const found = errors.get(`${name}.ts`) ?? [];
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(error);
  });
});

const METRIC = SHOP.replace(/CREATE SINK b [^;]*;/, '').replace(
  "orders')",
  "orders', freshet.layout = 'metric')",
);
const PLAIN = SHOP.replace(/CREATE SINK b [^;]*;/, '')
  .replace(/,\s*freshet.sort_key = 'profile#orders'/, '')
  .replace('customer_id VARCHAR', 'customer_id INT');
const PACKED = `${SHOP.slice(0, SHOP.indexOf('CREATE SINK'))}
CREATE SINK a FROM order_totals WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'customer_id',
  freshet.sort_key = 'profile#orders', freshet.layout = 'packed');
CREATE SINK order_days FROM tiles WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'customer_id,day',
  freshet.layout = 'daily');
`.replace(/,\n {2}MAX\(note\) AS "odd name"/, '');

/** Compiles programs of a folder; returns the errors by file. */
function compile(folder: string, names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    paths: {
      'freshet-sql/client': [join(ROOT, 'src/client/index.ts')],
    },
  };
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: names.map((name) => `${name}.ts`) }),
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  const errors = new Map<string, string[]>();
  for (const [, path, message] of stdout.matchAll(/^(\S+?)\(\d+,\d+\): error (.*)$/gm)) {
    const file = path!.slice(path!.lastIndexOf('/') + 1);
    errors.set(file, [...(errors.get(file) ?? []), message!]);
  }
  return errors;
}
