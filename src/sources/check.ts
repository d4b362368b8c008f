import { isInvalidOption } from '../connectors/settings.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import type { Diagnostic } from '../sql/diagnostic.ts';
import { StringPool } from '../engine/text/string-pool.ts';
import { RECORD_FORMATS, SOURCE_CONNECTORS } from './connectors.ts';
import { SourceError } from './source.ts';

/** What sources would refuse when they are opened, as far as that can be known without looking for their data. */
export function sourceProblems(pipeline: Pick<Pipeline, 'sources'>): readonly Diagnostic[] {
  return pipeline.sources.flatMap((source): Diagnostic[] => {
    try {
      if (source.connector !== undefined) SOURCE_CONNECTORS.get(source.connector)?.check?.(source);
      const wanted = source.columns.map(() => true);
      // Of other formats engineProblems says that they do not run yet.
      if (source.format === 'plain')
        RECORD_FORMATS.get(source.encode)?.createDecoder(source, wanted, new StringPool());
      return [];
    } catch (error) {
      if (isInvalidOption(error)) return []; // told by the binder
      if (!(error instanceof SourceError)) throw error;
      const { message, hint } = error;
      return [
        {
          severity: 'error',
          code: '22023',
          message: `source "${source.name}": ${message}`,
          hint,
          span: source.span,
        },
      ];
    }
  });
}
