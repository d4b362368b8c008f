import { bindPipeline } from '../../../../src/pipeline/bind.ts';
import { checkPipeline } from '../../../../src/pipeline/check.ts';
import { renderFiles } from '../../../../src/pipeline/render.ts';
import type { RenderedFolder } from '../../../../src/pipeline/render.ts';
import type { Pipeline } from '../../../../src/plan/pipeline.ts';
import type { CheckedPipeline } from '../../../../src/sql/bind-files.ts';
import type { RenderOptions } from '../../../../src/sql/target/render-options.ts';

export const OPTIONS: RenderOptions = {
  version: '3.0',
  sinks: 'dynamodb',
  topicPrefix: '',
  secrets: false,
  keepWatermarks: false,
};

/** Renders SQL as a pipeline of one file. */
export function rendering(sql: string, options: Partial<RenderOptions> = {}): Promise<RenderedFolder> {
  return renderFiles(
    { name: 'test', files: [{ name: 'test.sql', text: sql }] },
    { env: {}, target: 'risingwave', options: { ...OPTIONS, ...options } },
  );
}

/** Returns the rendered SQL without the comment at its top. Throws with the first error if there is one. */
export async function rendered(sql: string, options: Partial<RenderOptions> = {}): Promise<string> {
  const { files, diagnostics } = await rendering(sql, options);
  const error = diagnostics.find((d) => d.severity === 'error');
  if (error !== undefined) throw new Error(`${error.message}\nhint: ${error.hint}`);
  return files.get('test.sql')!.replace(/^(?:--[^\n]*\n)+\n/, '');
}

/** Binds and checks SQL as a pipeline of one file. Throws with the first error if there is one. */
export function checked(sql: string): CheckedPipeline & { readonly pipeline: Pipeline } {
  const found = checkPipeline(bindPipeline('test', [{ name: 'test.sql', text: sql }], {}));
  const error = found.diagnostics.find((d) => d.severity === 'error');
  if (error !== undefined || found.pipeline === undefined) throw new Error(`${error?.message}\n${sql}`);
  return { ...found, pipeline: found.pipeline };
}
