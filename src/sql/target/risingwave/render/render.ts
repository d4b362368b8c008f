import type { CheckedPipeline } from '../../../bind-files.ts';
import type { Diagnostic } from '../../../diagnostic.ts';
import { Reporter } from '../../../failure.ts';
import type { PipelineFile } from '../../../parse-file.ts';
import { TextEdits } from '../../../text/text-edits.ts';
import { PREPARATIONS, renderQuery } from './render-view.ts';
import type { QueryChange } from './render-view.ts';

/** A pipeline as SQL for RisingWave, or why it cannot be. */
export interface Rendering {
  /** File name to text, in the order in which the files are applied. */
  readonly files: ReadonlyMap<string, string>;
  /** Why a statement cannot be rendered. With an error among them `files` must not be used. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Renders a pipeline without errors. Words, comments and layout stay wherever RisingWave takes them. `bind` binds the
 * files of the pipeline again after they changed.
 */
export function renderForRisingWave(
  checked: CheckedPipeline,
  bind: (files: readonly PipelineFile[]) => CheckedPipeline,
): Rendering {
  let bound = checked;
  const before: ReadonlyMap<string, TextEdits>[] = [];
  for (const prepare of PREPARATIONS) {
    const changed = editFiles(bound, prepare);
    if ([...changed.values()].every((edits) => edits.isEmpty)) continue;
    bound = bind([...changed].map(([name, edits]) => ({ name, text: edits.text() })));
    before.unshift(changed);
  }
  const reporter = new Reporter();
  if (bound.pipeline === undefined) {
    // Only a fault of the preparation brings an error into a pipeline that had none.
    const [first] = bound.diagnostics.filter((d) => d.severity === 'error');
    throw new Error(
      `the prepared SQL has an error: ${first?.message}\n${bound.files.get(first?.span.file ?? '')}`,
    );
  }
  const views = new Map(bound.pipeline.views.map((v) => [v.name, v.plan]));
  const context = { reporter, planOf: (name: string) => views.get(name) };
  const rendered = editFiles(bound, (slice, edits) => renderQuery(slice, edits, context));
  const diagnostics = reporter.diagnostics.map((d) => {
    const at = (offset: number): number =>
      before.reduce((place, changed) => changed.get(d.span.file)!.originAt(place), offset);
    return { ...d, span: { ...d.span, start: at(d.span.start), end: at(d.span.end) } };
  });
  return { files: new Map([...rendered].map(([name, edits]) => [name, edits.text()])), diagnostics };
}

/** Changes the queries of views and sinks. Returns the changes of each file. */
function editFiles(
  { files, statements }: CheckedPipeline,
  change: QueryChange,
): ReadonlyMap<string, TextEdits> {
  const changed = new Map([...files].map(([name, text]) => [name, new TextEdits(text)]));
  for (const { statement } of statements) {
    const edits = changed.get(statement.name.span.file)!;
    if (statement.kind === 'view' || statement.kind === 'materialized view') change(statement.query, edits);
    else if (statement.kind === 'sink' && statement.input.kind === 'query')
      change(statement.input.query, edits);
  }
  return changed;
}
