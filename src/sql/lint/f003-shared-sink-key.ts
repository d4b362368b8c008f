import type { SinkDeclaration } from '../../connectors/declaration.ts';
import { constantColumn } from '../../plan/constant-column.ts';
import type { Pipeline, SinkDef } from '../../plan/pipeline.ts';
import type { Datum } from '../../values/datum.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { columnPrefix, excludeEachOther } from './key-prefix.ts';
import type { Prefix } from './key-prefix.ts';
import type { LintRule } from './rule.ts';

/** Finds sinks that write items with the same keys to one target: each overwrites the other's items as a whole. */
export const SHARED_SINK_KEY: LintRule = {
  code: 'F003',
  about: 'two sinks that write items with the same keys to one table',
  fix:
    'give each sink its own sort keys: a different freshet.sort_key in each, or a key column that starts with a ' +
    "different constant, such as 'genre#' || genre AS sk",
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
            isCommon(sink, other, connector) &&
            !apart({ sink, connector }, other, pipeline),
        )?.sink;
      if (clash === undefined) return;
      found.push({
        severity: 'error',
        code: 'F003',
        message:
          `sinks "${clash.name}" and "${sink.name}" write items with the same keys to ${label}, ` +
          'so they overwrite each other',
        hint:
          "give each sink its own sort keys: a different freshet.sort_key, such as 'profile#orders', " +
          "or a key column that starts with a different constant, such as 'genre#' || genre",
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

/** Returns whether two sinks write the keys of their rows as they are. */
function isCommon(sink: SinkDef, other: KeyedSink, { keySpace }: SinkDeclaration): boolean {
  return keySpace?.(sink.options) === undefined && keySpace?.(other.sink.options) === undefined;
}

/** Returns whether keys of two sinks always differ: in some part they hold, or start with, different constants. */
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

/** A part of a key. */
interface KeyPart {
  /** The value, if it is the same in all rows. */
  readonly value: Datum | undefined;
  /** The text that the values of all rows start with. */
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
