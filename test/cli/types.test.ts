import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderTypes } from '../../src/cli/format/typescript.ts';
import { loadPipeline } from '../../src/sql/load.ts';
import { bindPipeline } from '../../src/sql/bind-pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { ROOT } from '../house/files.ts';

async function typesOf(text: string): Promise<string> {
  await loadParser();
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return renderTypes(pipeline);
}

describe('types', () => {
  it('writes an interface per domain and per view', async () => {
    const text = await typesOf(`
      CREATE SOURCE s (viewer BIGINT, n INT, tag VARCHAR, at TIMESTAMP, doc JSONB)
        WITH (connector = 'kafka', topic = 's') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW totals AS
        SELECT viewer, 'engagement#totals' AS sk, SUM(n) AS total, COUNT(*) AS n, ARRAY_AGG(tag) AS tags
        FROM s GROUP BY viewer;
      CREATE MATERIALIZED VIEW "Odd one" AS SELECT at AS "when?", n > 1 AS big, doc FROM s;
      CREATE SINK out FROM totals WITH (connector = 'dynamodb', table = 'profiles', region = 'x', primary_key = 'viewer,sk');
    `);
    expect(text).toContain('  readonly totals: EngagementTotals;\n');
    expect(text.slice(text.indexOf('/** Domain `'))).toBe(`\
/** Domain \`engagement#totals\`, written by out from totals. Key: viewer, sk. */
export interface EngagementTotals {
  /** BIGINT */ readonly total: ExactNumber | null;
  /** BIGINT */ readonly n: ExactNumber;
  /** VARCHAR[] */ readonly tags: readonly (string | null)[] | null;
}

/** A row of totals, as freshet/testing returns it. Key: viewer. */
export interface TotalsRow {
  /** BIGINT */ readonly viewer: number | bigint | null;
  /** VARCHAR */ readonly sk: string;
  /** BIGINT */ readonly total: number | bigint | null;
  /** BIGINT */ readonly n: number | bigint;
  /** VARCHAR[] */ readonly tags: readonly (string | null)[] | null;
}

/** A row of Odd one, as freshet/testing returns it. */
export interface OddOneRow {
  /** TIMESTAMP */ readonly "when?": string | null;
  /** BOOLEAN */ readonly big: boolean | null;
  /** JSONB */ readonly doc: JsonValue | null;
}
`);
  });

  it('gives names that would end a comment no chance to', async () => {
    const text = await typesOf(`
      CREATE SOURCE s (a BIGINT, "x*/y" VARCHAR) WITH (connector = 'kafka', topic = 's') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW "v*/w" AS SELECT * FROM s;
    `);
    expect(text.match(/\*\//g)).toHaveLength(4); // of the view, of both columns, and in the second one's quotes
    expect(text).toContain('/** A row of v*\u200b/w, as freshet/testing returns it. */');
  });

  it('gives the shipped pipelines modules that compile, the same each time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'freshet-types-'));
    try {
      for (const name of ['viewer-engagement', 'as-published']) {
        const load = () => loadPipeline(join(ROOT, 'pipelines', name), { env: {} });
        const text = renderTypes((await load()).pipeline!);
        expect(renderTypes((await load()).pipeline!)).toBe(text);
        writeFileSync(join(folder, `${name}.ts`), text);
      }
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      const files = ['viewer-engagement.ts', 'as-published.ts'].map((file) => join(folder, file));
      execFileSync(process.execPath, [tsc, '--strict', '--noEmit', '--ignoreConfig', ...files], {
        encoding: 'utf8',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
