import { inputsOf } from './nodes.ts';
import type { PlanNode } from './nodes.ts';
import type { Pipeline } from './pipeline.ts';

/** Returns the pipeline reduced to the definitions with the given names. */
export function partOf(pipeline: Pipeline, names: ReadonlySet<string>): Pipeline {
  const kept = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
    all.filter(({ name }) => names.has(name));
  return {
    ...pipeline,
    sources: kept(pipeline.sources),
    logicalViews: kept(pipeline.logicalViews),
    views: kept(pipeline.views),
    sinks: kept(pipeline.sinks),
  };
}

/** Returns the name of a view, source or sink, and the names of all relations that it reads, directly or indirectly. */
export function namesUnder(pipeline: Pipeline, name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (each: string): void => {
    if (found.has(each)) return;
    found.add(each);
    const sink = pipeline.sinks.find((s) => s.name === each);
    if (sink !== undefined) visit(sink.from);
    const view = [...pipeline.views, ...pipeline.logicalViews].find((v) => v.name === each);
    for (const read of view === undefined ? [] : scanned(view.plan)) visit(read);
  };
  visit(name);
  return found;
}

/** Returns the names of the relations that a plan scans. */
export function scanned(plan: PlanNode): readonly string[] {
  return plan.kind === 'scan' ? [plan.relation.name] : inputsOf(plan).flatMap(scanned);
}
