import { measureLayouts, type MeasureOptions } from '../../../src/layouts/measure.ts';
import { readPrices, SHIPPED_PRICES } from '../../../src/layouts/prices.ts';
import type { LayoutsReport } from '../../../src/layouts/report.ts';
import { bindPipeline } from '../../../src/pipeline/bind.ts';
import { checkPipeline } from '../../../src/pipeline/check.ts';
import type { Pipeline } from '../../../src/plan/pipeline.ts';
import { loadParser } from '../../../src/sql/parser.ts';

/** Returns the pipeline of a text of SQL. Rejects if it has errors. */
export async function pipelineOf(name: string, text: string): Promise<Pipeline> {
  await loadParser();
  const { pipeline, diagnostics } = checkPipeline(bindPipeline(name, [{ name: 'test.sql', text }], {}));
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics, null, 1));
  return pipeline;
}

/** Measures with the defaults of the command. */
export async function measure(
  options: Pick<MeasureOptions, 'pipeline' | 'traffic'> & Partial<MeasureOptions>,
): Promise<LayoutsReport> {
  const { report } = await measureLayouts({
    interval_us: 1_000_000,
    audience: 1_000_000,
    readsPerViewer: { one: 8, two: 1, all: 1 },
    writeRate: 4000,
    utilisation: 0.5,
    prices: readPrices(SHIPPED_PRICES),
    signal: new AbortController().signal,
    ...options,
  });
  return report;
}
