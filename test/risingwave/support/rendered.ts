import { readFolder } from '../../../src/pipeline/load.ts';
import { filledIn, renderFiles } from '../../../src/pipeline/render.ts';
import { Reporter } from '../../../src/sql/failure.ts';
import type { RenderedPipeline } from '../../../src/sql/target/rendered.ts';
import { openPipeline, type TestPipeline } from '../../../src/testing/index.ts';

const OPTIONS = {
  sinks: 'dynamodb',
  topicPrefix: '',
  secrets: false,
  keepWatermarks: false,
} as const;

/**
 * Opens a pipeline here, and returns its SQL for a version of RisingWave too. `sql` is a folder, or texts by the names
 * of files. With `topics` its sinks write to topics there.
 */
export async function bothForms(
  sql: string | Readonly<Record<string, string>>,
  version: '2.8' | '3.0' = '3.0',
  topics: { readonly brokers: string; readonly prefix: string } | undefined = undefined,
): Promise<[here: TestPipeline, there: RenderedPipeline]> {
  const here = await openPipeline(sql, { env: {} });
  const folder =
    typeof sql === 'string'
      ? await readFolder(sql)
      : { name: 'test', files: Object.entries(sql).map(([name, text]) => ({ name, text })) };
  const env = { KAFKA_BROKERS: topics?.brokers ?? 'localhost:9092' };
  const sinks = topics === undefined ? {} : ({ sinks: 'kafka', topicPrefix: topics.prefix } as const);
  const options = { ...OPTIONS, ...sinks, version };
  const rendered = await renderFiles(folder, { env, target: 'risingwave', options });
  const [error] = rendered.diagnostics.filter((d) => d.severity === 'error');
  if (error !== undefined) throw new Error(`cannot render: ${error.message}`);
  return [here, filledIn(rendered, env, new Reporter())];
}
