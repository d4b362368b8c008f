import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCli } from './support/run-cli.ts';

const SQL = `
  CREATE SOURCE plays (viewer_id BIGINT, seconds INT)
    WITH (connector = 'posix_fs', posix_fs.root = 'data') FORMAT PLAIN ENCODE JSON;
  CREATE MATERIALIZED VIEW totals AS SELECT viewer_id, SUM(seconds) AS seconds FROM plays GROUP BY viewer_id;
  CREATE SINK totals_sink FROM totals
    WITH (connector = 'dynamodb', table = 'totals', primary_key = 'viewer_id', freshet.sort_key = 'engagement#watch');`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-files-'));
  await mkdir(join(folder, 'plays', 'data'), { recursive: true });
  await writeFile(join(folder, 'plays', 'all.sql'), SQL);
  await writeFile(join(folder, 'plays', 'data', 'a.ndjson'), '{"viewer_id":4,"seconds":7}\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("relative paths in options are resolved from the pipeline's folder, not from the current one", async () => {
  const flags = ['--state', join(folder, 'state'), '--port', '0', '--no-simulate'];
  const running = startCli(['dev', 'plays', ...flags], { cwd: folder });
  try {
    const url = (await running.prints(/page +(\S+)\//))[1]!;
    const rows = async (): Promise<number> => {
      const status = (await (await fetch(`${url}/v1/status`)).json()) as { sources: { rows: number }[] };
      return status.sources[0]!.rows;
    };
    while ((await rows()) === 0) await sleep(20);
    expect(await rows()).toBe(1);
  } finally {
    running.interrupt();
    await running.ended;
  }
});
