import type { Pipeline } from '../plan/pipeline.ts';
import { isInvalidOption } from '../sql/options/settings.ts';
import type { Diagnostic } from '../sql/diagnostic.ts';
import { createCsvDecoder } from './csv/decoder.ts';
import { posixFsSource } from './file/open.ts';
import { SourceError } from './source.ts';

/** What sources would refuse when they are opened, as far as that can be known without looking for their data. */
export function sourceProblems(pipeline: Pick<Pipeline, 'sources'>): readonly Diagnostic[] {
  return pipeline.sources.flatMap((source): Diagnostic[] => {
    try {
      if (source.connector === 'posix_fs') posixFsSource(source, '.', () => {});
      if (source.encode === 'csv')
        createCsvDecoder(
          source,
          source.columns.map(() => true),
        );
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
