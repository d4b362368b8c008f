import { SOURCE_CONNECTORS } from '../sources/connectors.ts';
import { RECORD_FORMATS } from '../sources/formats.ts';
import { SINK_CONNECTORS } from '../sinks/connectors.ts';
import { bindFiles } from '../sql/bind-files.ts';
import type { BindOptions, CheckedPipeline } from '../sql/bind-files.ts';
import type { PipelineFile } from '../sql/parse-file.ts';

const DECLARATIONS = { sources: SOURCE_CONNECTORS, formats: RECORD_FORMATS, sinks: SINK_CONNECTORS };

/** Calls `bindFiles` with all connectors and encodings of Freshet. */
export function bindPipeline(
  name: string,
  files: readonly PipelineFile[],
  env: BindOptions['env'],
  targetRules?: BindOptions['targetRules'],
): CheckedPipeline {
  return bindFiles(name, files, { declarations: DECLARATIONS, env, targetRules });
}
