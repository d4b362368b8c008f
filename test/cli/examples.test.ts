import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { ROOT } from '../house/files.ts';
import { cli } from './support/run-cli.ts';

interface Service {
  readonly image: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const FOLDER = join(ROOT, 'examples/risingwave');

describe('examples/risingwave/compose.yaml', () => {
  let text: string;
  let compose: Compose;
  let ours: [string, Service][];
  beforeAll(async () => {
    text = await readFile(join(FOLDER, 'compose.yaml'), 'utf8');
    compose = parse(text, { merge: true }) as Compose;
    ours = Object.entries(compose.services).filter(([, { image }]) => image === 'freshet:local');
  });

  it('says at its top that nobody has run it, and so does the page beside it', async () => {
    expect(text.split('\n')[0]).toMatch(/^# NOT RUN BY THIS PROJECT\./);
    expect(await readFile(join(FOLDER, 'README.md'), 'utf8')).toContain('**Not run by this project:**');
  });

  it('pins the version of each image', () => {
    const images = Object.values(compose.services).map(({ image }) => image);
    expect(images.filter((image) => !/^[a-z/-]+:(?:v?\d+\.\d+\.\d+|local)$/.test(image))).toEqual([]);
  });

  it('waits for services that exist: healthy ones have a check', () => {
    const faults = Object.values(compose.services).flatMap(({ depends_on = {} }) =>
      Object.entries(depends_on).flatMap(([name, { condition }]) => {
        const service = compose.services[name];
        if (service === undefined) return [`there is no ${name}`];
        return condition === 'service_healthy' && service.healthcheck === undefined
          ? [`no check of ${name}`]
          : [];
      }),
    );
    expect(faults).toEqual([]);
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['kafka', 'risingwave', 'dynamodb']),
    );
  });

  it('gives Freshet commands, arguments and options that exist', async () => {
    expect(ours.map(([name]) => name)).toEqual(['deploy', 'viewers', 'serve']);
    for (const [, { command }] of ours) {
      const [name, ...rest] = command as readonly string[];
      const { code, stdout: help } = await cli([name!, '--help']);
      expect([name, code]).toEqual([name, 0]);
      const flags = rest.filter((word) => word.startsWith('--'));
      expect(flags.filter((flag) => !new RegExp(`^  ${flag}\\b`, 'm').test(help))).toEqual([]);
      const folders = rest.filter((word) => word.includes('/'));
      for (const folder of folders) {
        const { pipeline } = await loadPipeline(join(ROOT, folder), { env: {} });
        expect(pipeline?.name).toBe('viewer-engagement');
      }
    }
  });

  it('sets the variables that the SQL of the pipeline reads', async () => {
    const { pipeline } = await loadPipeline(join(ROOT, 'pipelines/viewer-engagement'), { env: {} });
    const sql = [...pipeline!.files.values()].join('\n');
    const read = new Set(Array.from(sql.matchAll(/\$\{(\w+)(?::-[^}]*)?\}/g), ([, name]) => name!));
    expect(read.size).toBeGreaterThan(3);
    for (const [name, { environment = {} }] of ours)
      expect([name, [...read].filter((variable) => !(variable in environment))]).toEqual([name, []]);
  });

  it('keeps RisingWave within the licence that is built into it: 4 cores and less than 20 GiB', () => {
    const {
      cpus,
      mem_limit: memory,
      command,
    } = compose.services['risingwave'] as Service & {
      readonly cpus: number;
      readonly mem_limit: string;
    };
    expect(cpus).toBeLessThanOrEqual(4);
    const limit = Number(/^(\d+)g$/.exec(memory)![1]) * 2 ** 30;
    expect(limit).toBeLessThan(20 * 2 ** 30);
    expect(Number(/--total-memory-bytes (\d+)/.exec(String(command))![1])).toBeLessThan(limit);
  });
});

it('examples/shop has no errors and no warnings', async () => {
  const { code, stdout, stderr } = await cli(['check', 'examples/shop']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^examples\/shop: 0 errors, 0 warnings /);
});
