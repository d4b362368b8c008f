import { withDayBuckets } from '../pipeline/day-buckets.ts';
import { sinkAsWritten, type Option, type Pipeline, type SinkDef, type ViewDef } from '../plan/pipeline.ts';
import { sinkProblems } from '../sinks/check.ts';
import type { SinkView } from '../sinks/connector.ts';
import { DYNAMODB } from '../sinks/dynamodb/options.ts';
import { sinkView } from '../sinks/sink-view.ts';
import type { Domain } from './domains.ts';
import type { LayoutName } from './layout-names.ts';

/** A sink of the pipeline with its option `freshet.layout` replaced. */
export interface LaidOutSink {
  readonly domain: Domain;
  readonly def: SinkDef;
  readonly view: SinkView;
  /** The layout that the sink writes: `domain` if it cannot write the one that was asked for. */
  readonly layout: LayoutName;
  /** Why it cannot; undefined if it does. */
  readonly refusal: string | undefined;
}

/** The sinks of a pipeline in one layout. */
export interface LaidOutPipeline {
  readonly layout: LayoutName;
  readonly sinks: readonly LaidOutSink[];
  /** Views that this layout needs besides those of the SQL. */
  readonly views: readonly ViewDef[];
}

/** Returns the pipeline as its SQL has it, without the views that its layouts need. */
export function withoutLayouts(pipeline: Pipeline): Pipeline {
  return {
    ...pipeline,
    views: pipeline.views.filter(({ isBuckets }) => isBuckets !== true),
    sinks: pipeline.sinks.map(sinkAsWritten),
  };
}

/**
 * Lays out the domains of a pipeline, which {@link withoutLayouts} returned. A sink that `check` would refuse in the
 * layout, alone or beside those before it, stays in layout `domain`.
 */
export function layOut(pipeline: Pipeline, domains: readonly Domain[], layout: LayoutName): LaidOutPipeline {
  const sinks: LaidOutSink[] = [];
  const views: ViewDef[] = [];
  for (const domain of domains) {
    const wanted = withOption(domain.def, layout);
    const { refusal, added, def } = tried(pipeline, wanted, { sinks, views, layout });
    if (refusal === undefined) views.push(...added);
    const used = refusal === undefined ? def : withOption(domain.def, 'domain');
    const view = sinkView(used, { ...pipeline, views: [...pipeline.views, ...views] })!;
    sinks.push({ domain, def: used, view, layout: refusal === undefined ? layout : 'domain', refusal });
  }
  return { layout, sinks, views };
}

interface Tried {
  readonly refusal: string | undefined;
  readonly def: SinkDef;
  readonly added: readonly ViewDef[];
}

/** Tries a sink beside those that are laid out already. */
function tried(
  pipeline: Pipeline,
  wanted: SinkDef,
  { sinks, views, layout }: Pick<LaidOutPipeline, 'sinks' | 'views' | 'layout'>,
): Tried {
  const refused = (refusal: string): Tried => ({ refusal, def: wanted, added: [] });
  const bucketed = withDayBuckets({ ...pipeline, sinks: [wanted] });
  const [problem] = bucketed.problems;
  if (problem !== undefined) return refused(reasonOf(problem.message));
  // The views of several layouts run in one engine, so each has a name of its own.
  const rename = (name: string): string => `${name}__${layout}`;
  const added = bucketed.pipeline.views
    .filter(({ name }) => !pipeline.views.some((view) => view.name === name))
    .map((view) => ({ ...view, name: rename(view.name) }));
  const [bound] = bucketed.pipeline.sinks as readonly [SinkDef];
  const def = bound.from === wanted.from ? bound : { ...bound, from: rename(bound.from) };
  const [error] = sinkProblems({
    ...pipeline,
    views: [...pipeline.views, ...views, ...added],
    sinks: [...sinks.map((sink) => sink.def), def],
  }).filter(({ severity }) => severity === 'error');
  return error === undefined ? { refusal: undefined, def, added } : refused(reasonOf(error.message));
}

/** Returns the reason of a message such as `sink "a" cannot keep "v" in layout 'packed': the reason`. */
function reasonOf(message: string): string {
  return message.replace(/^sink "[^"]*" cannot keep "[^"]*" in layout '[^']*': /, '');
}

/** Returns a sink with another value of `freshet.layout`. */
function withOption(def: SinkDef, layout: LayoutName): SinkDef {
  const option: Option = { value: layout, span: def.span, keySpan: def.span };
  return { ...def, options: new Map([...def.options, [DYNAMODB.options.layout.name, option]]) };
}
