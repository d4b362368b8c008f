import type { Pipeline } from '../../../src/plan/pipeline.ts';
import { Reporter } from '../../../src/sql/failure.ts';
import { parseFile } from '../../../src/sql/parse-file.ts';
import type { RenderedPipeline, RenderedStatement } from '../../../src/sql/target/rendered.ts';
import type { Environment } from '../../../src/sql/text/source-text.ts';

/** Returns the statements of a pipeline as they are written, for a database that takes them as they are. */
export function asWritten(pipeline: Pipeline, env: Environment): RenderedPipeline {
  const statements = [...pipeline.files].flatMap(([file, text]) =>
    parseFile({ name: file, text }, env, new Reporter()).statements.map(
      ({ statement, text: sql, span }): RenderedStatement => {
        const { kind, name } = statement;
        const line = text.slice(0, span.start).split('\n').length;
        return { kind, name: name.value, sql, reads: [], file, line };
      },
    ),
  );
  return { name: pipeline.name, statements };
}
