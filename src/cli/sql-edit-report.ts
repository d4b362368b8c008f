import { fingerprintOf, planChange } from '../engine/fingerprint.ts';
import type { Options, Pipeline } from '../plan/pipeline.ts';
import { renderError } from './errors.ts';
import type { CliIo } from './io.ts';
import { errorCount, loadFolder } from './pipeline-folder.ts';

/** What an edit of the SQL changes for the running pipeline. */
export interface SqlEdit {
  /** The report, with line ends. */
  readonly report: string;
  /** The pipeline to run instead; undefined if the edit has errors or changes nothing that runs. */
  readonly pipeline: Pipeline | undefined;
}

/** Loads and checks the SQL in `dir` and compares it with the running pipeline. */
export async function readEdit(io: CliIo, dir: string, running: Pipeline): Promise<SqlEdit> {
  try {
    const { pipeline, diagnostics, render } = await loadFolder(io, dir);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    if (pipeline === undefined) {
      const shown = errors.map((error) => `${render(error, io.stdout)}\n\n`).join('');
      const report = `${shown}  The edited SQL ${errorCount(errors)}; the SQL from before the edit keeps running.\n`;
      return { report, pipeline: undefined };
    }
    const warnings = diagnostics.map((warning) => `${render(warning, io.stdout)}\n\n`).join('');
    const change = changeOf(running, pipeline);
    return change === undefined
      ? { report: `${warnings}  The SQL was edited; nothing that runs has changed.\n`, pipeline: undefined }
      : { report: `${warnings}  The SQL was edited: ${change}.\n`, pipeline };
  } catch (error) {
    return { report: renderError(error, false), pipeline: undefined };
  }
}

function changeOf(before: Pipeline, after: Pipeline): string | undefined {
  const [old, now] = [fingerprintOf(before), fingerprintOf(after)];
  if (old !== now) return planChange(old, now);
  return connectors(before) === connectors(after)
    ? undefined
    : 'connectors or their options have changed, the views have not';
}

/** The parts of sources and sinks that the fingerprint of the views leaves out. */
function connectors({ sources, sinks }: Pipeline): string {
  return JSON.stringify([
    ...sources.map(({ name, connector, options, format, encode, encodeOptions }) => [
      name,
      connector,
      values(options),
      format,
      encode,
      values(encodeOptions),
    ]),
    ...sinks.map(({ name, from, connector, options, primaryKey }) => [
      name,
      from,
      connector,
      values(options),
      primaryKey,
    ]),
  ]);
}

function values(options: Options): readonly (readonly [string, string])[] {
  return [...options].map(([name, { value }]) => [name, value]);
}
