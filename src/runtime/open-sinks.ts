import type { Pipeline, SinkDef } from '../plan/pipeline.ts';
import { SINK_CONNECTORS } from '../sinks/connectors.ts';
import { CountingCommitSink } from '../sinks/counting-commit-sink.ts';
import type { CreatedSink, Destination, SinkContext, SinkFactory } from '../sinks/connector.ts';
import type { Sink } from '../sinks/sink.ts';
import { SinkError } from '../sinks/sink.ts';
import { sinkView } from '../sinks/sink-view.ts';
import { datumToJson } from '../values/text.ts';
import type { ErrorReporter } from './error-reporter.ts';

export interface OpenedSinks {
  readonly sinks: readonly { readonly def: SinkDef; readonly sink: Sink }[];
  readonly destinations: readonly Destination[];
  close(): Promise<void>;
}

/**
 * Creates the sinks of a pipeline; the caller opens them. On failure closes what it created, and rejects with
 * SinkError.
 */
export async function openSinks(
  pipeline: Pipeline,
  context: SinkContext,
  problems: ErrorReporter,
): Promise<OpenedSinks> {
  const factories = new Map<string, SinkFactory>();
  const close = async (): Promise<void> => {
    await Promise.allSettled([...factories.values()].map((factory) => factory.close()));
  };
  const create = async (def: SinkDef): Promise<CreatedSink> => {
    let factory = factories.get(def.connector);
    if (factory === undefined) {
      factory = await factoryOf(def, context);
      factories.set(def.connector, factory);
    }
    const view = sinkView(def, pipeline)!;
    return factory.create(def, view, {
      onDeadLetter: (letter) => {
        const key = letter.key.map((value, k) => datumToJson(view.columns[def.primaryKey[k]!]!.type, value));
        problems.sinkDeadLetter(letter, `[${key.join(',')}]`);
      },
      onProblem: (error) => problems.sinkProblem(error),
    });
  };
  try {
    const sinks: { readonly def: SinkDef; readonly sink: Sink }[] = [];
    const destinations: Destination[] = [];
    for (const def of pipeline.sinks) {
      const { sink, destination } = await create(def);
      const isCounted = context.dryRun && sink.kind === 'commit';
      sinks.push({ def, sink: isCounted ? new CountingCommitSink(sink) : sink });
      destinations.push(destination);
    }
    return { sinks, destinations, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function factoryOf(def: SinkDef, context: SinkContext): Promise<SinkFactory> {
  const connector = SINK_CONNECTORS.get(def.connector);
  if (connector !== undefined) return connector.factory(context);
  throw new SinkError(def.name, `connector '${def.connector}' is not supported`, {
    hint: `use ${[...SINK_CONNECTORS.keys()].map((name) => `'${name}'`).join(' or ')}`,
  });
}
