import { constantColumn } from '../../plan/constant-column.ts';
import type { Pipeline, SinkDef } from '../../plan/pipeline.ts';
import type { Datum } from '../../values/datum.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { DYNAMODB } from '../options/dynamodb.ts';
import { dynamodbPlace } from '../options/dynamodb-place.ts';
import { givenOption } from '../options/settings.ts';
import { columnPrefix, excludeEachOther } from './key-prefix.ts';
import type { Prefix } from './key-prefix.ts';
import type { LintRule } from './rule.ts';

/** Two sinks that write items of one key replace each other's items whole: no item of either can be relied on. */
export const SHARED_SINK_KEY: LintRule = {
  code: 'F003',
  about: 'two sinks that write the same keys of one table',
  fix: "give each sink a sort key of its own: freshet.sort_key, or a column that is or begins with a constant ('genre#' || genre AS sk)",
  check(pipeline) {
    const found: Diagnostic[] = [];
    pipeline.sinks.forEach((sink, i) => {
      const clash = pipeline.sinks
        .slice(0, i)
        .find((other) => sameTarget(sink, other) && !apart(sink, other, pipeline));
      if (clash === undefined) return;
      found.push({
        severity: 'error',
        code: 'F003',
        message: `sinks "${clash.name}" and "${sink.name}" write the same keys of table "${tableOf(sink)}"`,
        hint: "give each a sort key of its own: freshet.sort_key = 'engagement#...', or a column that begins with a constant of its own, 'genre#' || genre",
        span: sink.options.get('primary_key')?.span ?? sink.span,
      });
    });
    return found;
  },
};

function tableOf(sink: SinkDef): string | undefined {
  return givenOption(DYNAMODB.options.table, sink.options)?.value;
}

/** DynamoDB is the only connector that writes items. */
function sameTarget(a: SinkDef, b: SinkDef): boolean {
  return (
    a.connector === DYNAMODB.name &&
    b.connector === DYNAMODB.name &&
    dynamodbPlace(a.options) === dynamodbPlace(b.options)
  );
}

/** Does some part of the key hold a different constant in each, or begin with a different one? */
function apart(a: SinkDef, b: SinkDef, pipeline: Pipeline): boolean {
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

function keyParts(sink: SinkDef, pipeline: Pipeline): readonly KeyPart[] {
  const view = pipeline.views.find((v) => v.name === sink.from);
  const parts = sink.primaryKey.map((i): KeyPart =>
    view === undefined
      ? { value: undefined, prefix: { text: '', isWhole: false } }
      : { value: constantColumn(view.plan, i), prefix: columnPrefix(view.plan, i, pipeline) },
  );
  const sortKey = givenOption(DYNAMODB.options.sortKey, sink.options)?.value;
  if (sortKey === undefined) return parts;
  return [...parts, { value: sortKey, prefix: { text: sortKey, isWhole: true } }];
}
