import { constantColumn } from '../../plan/constant-column.ts';
import type { Pipeline, SinkDef } from '../../plan/pipeline.ts';
import type { Datum } from '../../values/datum.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { optionValue } from '../bind/bind-options.ts';
import { SINK_CONNECTORS } from '../options/connectors.ts';
import type { LintRule } from './rule.ts';

/** Two sinks that write items of one key replace each other's items whole: no item of either can be relied on. */
export const SHARED_SINK_KEY: LintRule = {
  code: 'F003',
  about: 'two sinks that write the same keys of one table',
  fix: "give each sink a constant sort key: a column ('engagement#watch' AS sk) or freshet.sort_key",
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
        message: `sinks "${clash.name}" and "${sink.name}" write the same keys of table "${option(sink, 'table')}"`,
        hint: "give each a sort key of its own: freshet.sort_key = 'engagement#...', or a constant column in primary_key",
        span: sink.options.get('primary_key')?.span ?? sink.span,
      });
    });
    return found;
  },
};

function option(sink: SinkDef, name: string): string | undefined {
  const spec = SINK_CONNECTORS.get(sink.connector);
  return spec === undefined ? undefined : optionValue(sink.options, spec, name)?.value;
}

function sameTarget(a: SinkDef, b: SinkDef): boolean {
  return (
    ['table', 'region', 'endpoint'].every((name) => option(a, name) === option(b, name)) &&
    a.connector === b.connector
  );
}

/** Does some part of the key hold a different constant in each? */
function apart(a: SinkDef, b: SinkDef, pipeline: Pipeline): boolean {
  const left = keyConstants(a, pipeline);
  const right = keyConstants(b, pipeline);
  if (left.length !== right.length) return true;
  return left.some((value, i) => value !== undefined && right[i] !== undefined && value !== right[i]);
}

/** Each key attribute's constant, undefined where it varies by row. */
function keyConstants(sink: SinkDef, pipeline: Pipeline): (Datum | undefined)[] {
  const view = pipeline.views.find((v) => v.name === sink.from);
  const parts = sink.primaryKey.map((i) => (view === undefined ? undefined : constantColumn(view.plan, i)));
  const sortKey = option(sink, 'freshet.sort_key');
  return sortKey === undefined ? parts : [...parts, sortKey];
}
