import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderTypes } from '../../src/cli/format/typescript.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { ROOT } from '../house/files.ts';

async function typesOf(text: string): Promise<string> {
  await loadParser();
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return renderTypes(pipeline);
}

describe('types', () => {
  it('events of tables whose records change rows are key and value, or envelopes', async () => {
    const text = await typesOf(`
      CREATE TABLE u (id BIGINT, n INT, PRIMARY KEY (id)) FORMAT UPSERT ENCODE JSON;
      CREATE TABLE t (id BIGINT, n INT, PRIMARY KEY (id)) FORMAT UPSERT ENCODE JSON KEY ENCODE TEXT;
      CREATE TABLE d (id BIGINT, n INT, PRIMARY KEY (id)) FORMAT DEBEZIUM ENCODE JSON;
      CREATE TABLE k (n INT, PRIMARY KEY (key)) INCLUDE KEY AS key FORMAT UPSERT ENCODE JSON;
      CREATE MATERIALIZED VIEW v AS SELECT count(*) AS c FROM u;`);
    const event = (name: string): string =>
      text
        .slice(text.indexOf(`export interface ${name}`))
        .split('\n}')[0]!
        .replaceAll(/\/\*\*.*?\*\/|\s+/g, ' ');
    const plain = (name: string): string => event(name).replaceAll(/ +/g, ' ');
    const row = 'readonly n?: number | null;';
    const value = `readonly value?: { ${row} } | null;`;
    expect(plain('UInput')).toBe(
      `export interface UInput { readonly key: { readonly id: number | bigint; }; ${value}`,
    );
    expect(plain('TInput')).toBe(
      `export interface TInput { readonly key: string | number | bigint; ${value}`,
    );
    expect(plain('KInput')).toBe(`export interface KInput { readonly key: unknown; ${value}`);
    expect(plain('DInput')).toBe(
      "export interface DInput { readonly op: 'c' | 'r' | 'u' | 'd' | 't'; " +
        'readonly before?: { readonly id: number | bigint; } | null; ' +
        `readonly after?: { readonly id: number | bigint; ${row} } | null;`,
    );
  });

  it('writes an interface per source, domain and view, and the envelope of profiles', async () => {
    const text = await typesOf(`
      CREATE SOURCE s (viewer BIGINT, n INT NOT NULL, tag VARCHAR, at TIMESTAMP, doc JSONB, day DATE AS at::date)
        WITH (connector = 'kafka', topic = 's') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW totals AS
        SELECT viewer, 'engagement#totals' AS sk, SUM(n) AS total, COUNT(*) AS n, ARRAY_AGG(tag) AS tags
        FROM s GROUP BY viewer;
      CREATE MATERIALIZED VIEW "Odd one" AS SELECT at AS "when?", n > 1 AS big, doc FROM s;
      CREATE MATERIALIZED VIEW everything AS SELECT COUNT(*) AS n FROM s;
      CREATE SINK out FROM totals WITH (connector = 'dynamodb', table = 'profiles', region = 'x', primary_key = 'viewer,sk');
    `);
    expect(text).toContain('export interface Profile<Name extends keyof ProfileDomains');
    expect(text.slice(text.indexOf('/** An event'))).toBe(`\
/** An event of s, for insert of freshet-sql/testing and POST /v1/sources/s/events. */
export interface SInput {
  /** BIGINT */ readonly viewer?: number | bigint | null;
  /** INTEGER */ readonly n: number;
  /** VARCHAR */ readonly tag?: string | null;
  /** TIMESTAMP */ readonly at?: string | number | null;
  /** JSONB */ readonly doc?: JsonValue | null;
}

/** Attributes by domain; Profile is the response that holds them. */
export interface ProfileDomains {
  readonly totals: EngagementTotals;
}

/** Domain \`engagement#totals\`, written by out from totals. Key: viewer, sk. */
export interface EngagementTotals {
  /** BIGINT */ readonly total: number;
  /** BIGINT */ readonly n: number;
  /** VARCHAR[] */ readonly tags: readonly (string | null)[];
}

/** A row of totals, as freshet-sql/testing returns it. Key: viewer. */
export interface TotalsRow {
  /** BIGINT */ readonly viewer: number | bigint | null;
  /** VARCHAR */ readonly sk: string;
  /** BIGINT */ readonly total: number;
  /** BIGINT */ readonly n: number;
  /** VARCHAR[] */ readonly tags: readonly (string | null)[];
}

/** A row of Odd one, as freshet-sql/testing returns it. Rows have no key; equal rows may occur more than once. */
export interface OddOneRow {
  /** TIMESTAMP */ readonly "when?": string | null;
  /** BOOLEAN */ readonly big: boolean;
  /** JSONB */ readonly doc: JsonValue;
}

/** A row of everything, as freshet-sql/testing returns it. The view has one row. */
export interface EverythingRow {
  /** BIGINT */ readonly n: number;
}
`);
  });

  it('escapes names that would end a comment', async () => {
    const text = await typesOf(`
      CREATE SOURCE s (a BIGINT, "x*/y" VARCHAR) WITH (connector = 'kafka', topic = 's') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW "v*/w" AS SELECT * FROM s;
    `);
    expect(text.match(/\*\//g)).toHaveLength(8); // the ends of 8 comments, and none inside a name
    expect(text).toContain('/** A row of v*\u200b/w, as freshet-sql/testing returns it. Rows have no key');
  });

  it('matches freshet-sql/testing and the HTTP API: correct uses compile, wrong ones do not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'freshet-types-'));
    try {
      for (const name of ['viewer-engagement', 'as-published']) {
        const load = () => loadPipeline(join(ROOT, 'pipelines', name), { env: {} });
        const text = renderTypes((await load()).pipeline!);
        expect(renderTypes((await load()).pipeline!)).toBe(text);
        writeFileSync(join(folder, `${name}.ts`), text);
      }
      writeFileSync(join(folder, 'odd.ts'), await typesOf(ODD));
      writeFileSync(join(folder, 'use.ts'), USE);
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      const options = {
        strict: true,
        noEmit: true,
        exactOptionalPropertyTypes: true,
        target: 'es2023',
        module: 'nodenext',
        types: ['node'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        paths: { 'freshet-sql/testing': [join(ROOT, 'src/testing/index.ts')] },
      };
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      const config = { compilerOptions: options, files: ['use.ts', 'as-published.ts', 'odd.ts'] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const run = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
      expect(run.stdout + run.stderr).toBe('');
      expect(run.status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A pipeline with unusual names and keys. */
const ODD = `
  CREATE TABLE profile (id VARCHAR PRIMARY KEY, "a-b" BOOLEAN, raw BYTEA, list NUMERIC[]);
  CREATE MATERIALIZED VIEW "Profile" AS SELECT * FROM profile;
  CREATE MATERIALIZED VIEW exact_number AS SELECT "a-b", COUNT(*) AS "1st", SUM(1.5) AS s FROM profile GROUP BY "a-b";
  CREATE MATERIALIZED VIEW json_value AS
    SELECT jsonb_agg(jsonb_build_object('id', id, 'a b', list)) AS docs FROM profile;
`;

/** A program whose lines compile only if the types are as expected. */
const USE = `
import { openPipeline } from 'freshet-sql/testing';
import type {
  CatalogueTrending, EngagementPreferences, EngagementWatch, Profile, ProfileDomains, ViewEventsInput,
  ViewerEngagementRollingRow, ViewerWatchMetrics1dRow,
} from './viewer-engagement.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(...[]: T[]): void => {};

const p = await openPipeline('pipelines/viewer-engagement');
p.insert<ViewEventsInput>('view_events', { viewer_id: 1n, watch_duration_sec: 60, watched_at: '2026-03-15' });
p.insert<ViewEventsInput>('view_events', [{ viewer_id: 1 }, { viewer_id: null }, {}]);
// @ts-expect-error a misspelt field
p.insert<ViewEventsInput>('view_events', { viewerid: 1 });
// @ts-expect-error a text is no duration
p.insert<ViewEventsInput>('view_events', [{ watch_duration_sec: 'long' }]);

const rows = p.rows<ViewerEngagementRollingRow>('viewer_engagement_rolling');
is<Same<(typeof rows)[number], ViewerEngagementRollingRow>>();
const minutes: number = rows[0]!.watch_minutes_7d + rows[0]!.titles_7d;
const rate: number | null = rows[0]!.completion_rate_7d;
// @ts-expect-error a rate of nothing is NULL
const never: number = rows[0]!.completion_rate_7d;
for (const { before, after } of p.changes<ViewerWatchMetrics1dRow>('viewer_watch_metrics_1d'))
  console.log(before?.watch_seconds, after?.views, minutes, rate, never);
console.log(p.rows('viewers')[0]!['viewer_id']);
console.log(p.items('viewer_watch_sink')[0]!['viewer_id']);

is<Same<keyof ProfileDomains, 'watch' | 'session' | 'interactions' | 'preferences' | 'history'>>();
is<Same<EngagementWatch['watch_minutes_1d'], number>>();
is<Same<EngagementPreferences['top_genres'], readonly (string | null)[]>>();
is<Same<EngagementPreferences['genre_affinity'], Readonly<Record<string, number | null>>>>();
is<Same<CatalogueTrending['titles'], readonly string[]>>();

const profile = (await (await fetch('http://127.0.0.1/v1/viewers/1/profile')).json()) as Profile;
const { watch } = profile.domains;
// @ts-expect-error it may be absent
console.log(watch.attributes);
if ('attributes' in watch) console.log(watch.attributes.watch_minutes_7d.toFixed(1), watch.age_ms);
declare const part: Profile<'watch'>;
// @ts-expect-error only one domain was asked for
console.log(part.domains.session);
`;
