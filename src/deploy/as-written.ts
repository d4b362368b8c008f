import type { Pipeline } from '../plan/pipeline.ts';
import { Reporter } from '../sql/failure.ts';
import { parseFile } from '../sql/parse-file.ts';
import type { RenderedPipeline, RenderedStatement } from '../sql/target/rendered.ts';
import type { Environment } from '../sql/text/source-text.ts';
import { relationsIn } from './statement-text.ts';

/** Returns the statements of a pipeline as they are written, for a target whose rules refuse none of them. */
export function asWritten(pipeline: Pipeline, env: Environment): RenderedPipeline {
  const names = new Set<string>();
  const statements = [...pipeline.files].flatMap(([file, text]) =>
    parseFile({ name: file, text }, env, new Reporter()).statements.map(
      ({ statement, text: sql, span }): RenderedStatement => {
        const { kind, name } = statement;
        const reads = relationsIn(sql).filter((each) => names.has(each));
        names.add(name.value);
        const line = text.slice(0, span.start).split('\n').length;
        return { kind, name: name.value, sql, reads, file, line };
      },
    ),
  );
  return { name: pipeline.name, statements };
}
