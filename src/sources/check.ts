import { isInvalidOption } from '../connectors/settings.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import type { Diagnostic } from '../sql/diagnostic.ts';
import { StringPool } from '../engine/text/string-pool.ts';
import { SOURCE_CONNECTORS } from './connectors.ts';
import { RECORD_FORMATS } from './formats.ts';
import { SourceError } from './source.ts';

/** Returns the errors that sources would raise when they are opened, as far as they show without the data. */
export function sourceProblems(pipeline: Pick<Pipeline, 'sources'>): readonly Diagnostic[] {
  return pipeline.sources.flatMap((source): Diagnostic[] => {
    try {
      if (source.connector !== undefined) SOURCE_CONNECTORS.get(source.connector)?.check?.(source);
      const wanted = source.columns.map(() => true);
      RECORD_FORMATS.get(source.encode)?.createDecoder(source, wanted, new StringPool());
      return [];
    } catch (error) {
      if (isInvalidOption(error)) return []; // the binder has reported it
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
