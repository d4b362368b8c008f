import { beforeAll, describe, expect, it } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { readFolder } from '../../src/pipeline/load.ts';
import { renderFiles } from '../../src/pipeline/render.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { RISINGWAVE_RULES } from '../../src/sql/target/risingwave/rules.ts';
import { Random } from '../oracle/support/random.ts';
import { TABLES, randomClockView } from './render/support/random-clock-sql.ts';

// What `freshet render` writes, `freshet check --target risingwave` accepts.

beforeAll(() => loadParser());

type Folder = Parameters<typeof renderFiles>[0];
type Version = '2.8' | '3.0';

const ENV = { KAFKA_BROKERS: 'localhost:9092' };

/** Returns the errors of rendering, and those of the checker over what was rendered. */
async function errorsOf(folder: Folder, version: Version): Promise<{ refused: string[]; found: string[] }> {
  const options = {
    version,
    sinks: 'dynamodb',
    topicPrefix: '',
    secrets: false,
    keepWatermarks: false,
  } as const;
  const rendered = await renderFiles(folder, { env: ENV, target: 'risingwave', options });
  const files = [...rendered.files].map(([name, text]) => ({ name, text }));
  const checked = bindPipeline(folder.name, files, ENV, RISINGWAVE_RULES);
  const errors = (all: typeof checked.diagnostics): string[] =>
    all.filter((d) => d.severity === 'error').map((d) => `${d.code} ${d.message}`);
  return { refused: errors(rendered.diagnostics), found: errors(checked.diagnostics) };
}

describe.each<[string, Version]>([
  ['viewer-engagement', '2.8'],
  ['viewer-engagement', '3.0'],
  ['as-published', '2.8'],
  ['as-published', '3.0'],
])('%s', (name, version) => {
  it(`passes, rendered for RisingWave ${version}`, async () => {
    const folder = await readFolder(`pipelines/${name}`);
    expect(await errorsOf(folder, version)).toEqual({ refused: [], found: [] });
  });
});

describe('random views that use the clock', () => {
  it('pass if they can be rendered', async () => {
    let rendered = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const sql = randomClockView('v', new Random(seed));
      const files = [
        { name: 'tables.sql', text: TABLES },
        { name: 'view.sql', text: sql },
      ];
      const { refused, found } = await errorsOf({ name: 'random', files }, '3.0');
      if (refused.length > 0) continue;
      rendered++;
      expect(found, `seed ${seed}: ${sql}`).toEqual([]);
    }
    expect(rendered).toBeGreaterThan(40);
  });
});
