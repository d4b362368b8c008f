import type { Diagnostic } from '../sql/diagnostic.ts';
import type { SinkTarget } from '../connectors/declaration.ts';
import { isInvalidOption } from '../connectors/settings.ts';
import type { Pipeline, SinkDef } from '../plan/pipeline.ts';
import type { SinkConnector, SinkTogether } from './connector.ts';
import { SINK_CONNECTORS } from './connectors.ts';
import { SinkError } from './sink.ts';
import { sinkView } from './sink-view.ts';

/** Returns the errors that sinks would raise when they are opened, as far as they show without the destinations. */
export function sinkProblems(pipeline: Pick<Pipeline, 'sources' | 'sinks' | 'views'>): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const targets = new Map<string, Target>();
  for (const sink of pipeline.sinks) {
    const view = sinkView(sink, pipeline);
    const connector = SINK_CONNECTORS.get(sink.connector);
    if (connector === undefined || view === undefined) continue;
    try {
      const key = connector.check(sink, view);
      const target = connector.target(sink.options);
      const id = JSON.stringify([sink.connector, target.id]);
      const other = targets.get(id);
      if (other === undefined) {
        targets.set(id, { sink, key, connector, sinks: [{ def: sink, view }] });
        continue;
      }
      if (other.key === key) other.sinks.push({ def: sink, view });
      if (key === undefined || other.key === undefined) problems.push(shared(sink, other.sink, target));
      else if (other.key !== key)
        problems.push(otherKey(sink, target, { own: key, key: other.key, sink: other.sink }));
    } catch (error) {
      if (isInvalidOption(error)) continue; // the binder has reported it
      if (!(error instanceof SinkError)) throw error;
      const { message, hint, option } = error;
      problems.push(problem(sink, message, hint, option));
    }
  }
  for (const { connector, sinks } of targets.values()) {
    const together = connector.checkTogether?.(sinks) ?? [];
    problems.push(...together.map(({ sink, message, hint, option }) => problem(sink, message, hint, option)));
  }
  return problems;
}

/** What sinks write to together. */
interface Target {
  /** The first sink, and the key that the others must have. */
  readonly sink: SinkDef;
  readonly key: string | undefined;
  readonly connector: SinkConnector;
  /** All sinks with this key. */
  readonly sinks: SinkTogether[];
}

function otherKey(
  sink: SinkDef,
  { label }: SinkTarget,
  keys: { readonly own: string; readonly key: string; readonly sink: SinkDef },
): Diagnostic {
  return problem(
    sink,
    `sinks "${keys.sink.name}" and "${sink.name}" write to ${label} with different keys: (${keys.key}) and (${keys.own})`,
    'all items of a table have the same key: give the key columns the same names and types (N is a number, S is text, ' +
      'B is bytes), or write to two tables',
  );
}

function shared(sink: SinkDef, other: SinkDef, { label }: SinkTarget): Diagnostic {
  return problem(
    sink,
    `sinks "${other.name}" and "${sink.name}" both write to ${label}`,
    'let one of the two write somewhere else',
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
