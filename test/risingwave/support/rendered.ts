import { asWritten } from '../../../src/deploy/as-written.ts';
import type { RenderedPipeline } from '../../../src/sql/target/rendered.ts';
import { openPipeline, type TestPipeline } from '../../../src/testing/index.ts';

/** Opens a pipeline here, and returns its SQL for RisingWave too. `sql` is a folder, or texts by the names of files. */
export async function bothForms(
  sql: string | Readonly<Record<string, string>>,
): Promise<[here: TestPipeline, there: RenderedPipeline]> {
  const here = await openPipeline(sql, { env: {} });
  return [here, asWritten(here.pipeline, {})];
}
