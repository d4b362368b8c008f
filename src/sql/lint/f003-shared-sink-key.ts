import type { SinkDeclaration } from '../../connectors/declaration.ts';
import { constantColumn } from '../../plan/constant-column.ts';
import type { Pipeline, SinkDef } from '../../plan/pipeline.ts';
import type { Datum } from '../../values/datum.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { columnPrefix, excludeEachOther } from './key-prefix.ts';
import type { Prefix } from './key-prefix.ts';
import type { LintRule } from './rule.ts';

/** Two sinks that write items of one key replace each other's items whole: no item of either can be relied on. */
export const SHARED_SINK_KEY: LintRule = {
  code: 'F003',
  about: 'two sinks that write the same keys of one table',
  fix: "give each sink a sort key of its own: freshet.sort_key, or a column that is or begins with a constant ('genre#' || genre AS sk)",
  check(pipeline, { sinks: connectors }) {
    const found: Diagnostic[] = [];
    const keyed = pipeline.sinks.flatMap((sink): KeyedSink[] => {
      const connector = connectors.get(sink.connector);
      return connector?.spec.options['primaryKey'] === undefined ? [] : [{ sink, connector }];
    });
    keyed.forEach(({ sink, connector }, i) => {
      const { id, label } = connector.target(sink.options);
      const clash = keyed
        .slice(0, i)
        .find(
          (other) =>
            other.connector === connector &&
            other.connector.target(other.sink.options).id === id &&
            !apart({ sink, connector }, other, pipeline),
        )?.sink;
      if (clash === undefined) return;
      found.push({
        severity: 'error',
        code: 'F003',
        message: `sinks "${clash.name}" and "${sink.name}" write the same keys of ${label}`,
        hint: "give each a sort key of its own: freshet.sort_key = 'engagement#...', or a column that begins with a constant of its own, 'genre#' || genre",
        span: sink.options.get('primary_key')?.span ?? sink.span,
      });
    });
    return found;
  },
};

/** A sink whose rows have a key. */
interface KeyedSink {
  readonly sink: SinkDef;
  readonly connector: SinkDeclaration;
}

/** Does some part of the key hold a different constant in each, or begin with a different one? */
function apart(a: KeyedSink, b: KeyedSink, pipeline: Pipeline): boolean {
  const left = keyParts(a, pipeline);
  const right = keyParts(b, pipeline);
  if (left.length !== right.length) return true;
  return left.some((part, i) => {
    const other = right[i]!;
    if (part.value !== undefined && other.value !== undefined && part.value !== other.value) return true;
    return excludeEachOther(part.prefix, other.prefix);
  });
}

/** A key attribute: its value where it is a constant, and how it begins where it is text. */
interface KeyPart {
  readonly value: Datum | undefined;
  readonly prefix: Prefix;
}

function keyParts({ sink, connector }: KeyedSink, pipeline: Pipeline): readonly KeyPart[] {
  const view = pipeline.views.find((v) => v.name === sink.from);
  const parts = sink.primaryKey.map((i): KeyPart =>
    view === undefined
      ? { value: undefined, prefix: { text: '', isWhole: false } }
      : { value: constantColumn(view.plan, i), prefix: columnPrefix(view.plan, i, pipeline) },
  );
  const constants = connector.constantKey?.(sink.options) ?? [];
  return [...parts, ...constants.map((text) => ({ value: text, prefix: { text, isWhole: true } }))];
}
