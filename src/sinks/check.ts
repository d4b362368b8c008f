import type { Pipeline, SinkDef } from '../plan/pipeline.ts';
import type { Diagnostic } from '../sql/diagnostic.ts';
import { dynamodbPlace } from '../sql/options/dynamodb-place.ts';
import type { KeyAttribute } from './dynamodb/client/wire.ts';
import { isInvalidOption } from '../sql/options/settings.ts';
import { domainLayout } from './dynamodb/domain-layout.ts';
import { readSinkOptions } from './dynamodb/options.ts';
import { SinkError } from './sink.ts';

/** What sinks would refuse when they are opened, as far as that can be known without a destination. */
export function sinkProblems(pipeline: Pick<Pipeline, 'sinks' | 'views'>): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const tables = new Map<string, { readonly sink: SinkDef; readonly key: string }>();
  for (const sink of pipeline.sinks) {
    const view = pipeline.views.find(({ name }) => name === sink.from);
    if (sink.connector !== 'dynamodb' || view === undefined) continue;
    try {
      const settings = readSinkOptions(sink.name, sink.options);
      const { keyAttributes } = domainLayout(sink, view.columns, settings);
      const { table } = settings;
      const place = dynamodbPlace(sink.options);
      const key = keyText(keyAttributes);
      const other = tables.get(place);
      if (other === undefined) tables.set(place, { sink, key });
      else if (other.key !== key) problems.push(otherKey(sink, table, { own: key, ...other }));
    } catch (error) {
      if (isInvalidOption(error)) continue; // told by the binder
      if (!(error instanceof SinkError)) throw error;
      const { message, hint, option } = error;
      problems.push(problem(sink, message, hint, option));
    }
  }
  return problems;
}

function keyText(attributes: readonly KeyAttribute[]): string {
  return attributes.map(({ name, type }) => `${name} ${type}`).join(', ');
}

function otherKey(
  sink: SinkDef,
  table: string,
  keys: { readonly own: string; readonly key: string; readonly sink: SinkDef },
): Diagnostic {
  return problem(
    sink,
    `sinks "${keys.sink.name}" and "${sink.name}" write table "${table}" with different keys: (${keys.key}) and (${keys.own})`,
    'a table has one key: name and cast the columns alike (N is a number, S is text, B is bytes), or write two tables',
  );
}

function problem(
  sink: SinkDef,
  message: string,
  hint: string | undefined,
  option: readonly string[] = ['primary_key'],
): Diagnostic {
  const at = option.map((name) => sink.options.get(name)?.span).find((span) => span !== undefined);
  return {
    severity: 'error',
    code: '22023',
    message: `sink "${sink.name}": ${message}`,
    hint,
    span: at ?? sink.span,
  };
}
