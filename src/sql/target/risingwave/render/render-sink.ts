import type { PlanColumn } from '../../../../plan/nodes.ts';
import type { SinkDef } from '../../../../plan/pipeline.ts';
import { renderName } from '../../../../plan/render-expr.ts';
import type { SqlType } from '../../../../values/types.ts';
import type { CreateSink } from '../../../ddl/statement.ts';
import type { RenderOptions } from '../../render-options.ts';
import { unknownSinkOptions } from '../r024-sink-option.ts';
import { renderOptions } from './options.ts';
import type { StatementEdits } from './statement-edits.ts';

/** A sink as bound, and the columns of the view that it reads. */
export interface BoundSink {
  readonly def: SinkDef;
  readonly columns: readonly PlanColumn[];
  /** Options that name the brokers of upsert topics, as `name = 'value'`: those of a Kafka source of the pipeline. */
  readonly brokers: readonly string[];
  /** Whether RisingWave can read the relation by name: a table or a materialized view, and no plain view. */
  readonly isStored: boolean;
}

/** Rewrites CREATE SINK. */
export function renderSink(
  s: CreateSink,
  bound: BoundSink,
  edits: StatementEdits,
  render: RenderOptions,
): void {
  switch (bound.def.connector) {
    case 'dynamodb':
      if (render.sinks === 'kafka') upsertTopic(s, bound, edits, render);
      else dynamodb(s, bound, edits, render);
      return;
    case 'posix_fs':
      files(s, bound, edits);
      return;
    default:
      renderOptions(s.options, [], edits, render);
  }
}

const valueOf = ({ options }: CreateSink, ...names: readonly string[]): string | undefined =>
  options.find((o) => names.includes(o.key.value))?.value;

function dynamodb(s: CreateSink, bound: BoundSink, edits: StatementEdits, render: RenderOptions): void {
  const sortKey = valueOf(s, 'freshet.sort_key');
  const unknown = [...unknownSinkOptions(s), ...s.options.filter((o) => o.key.value === 'freshet.sort_key')];
  renderOptions(s.options, unknown, edits, render);
  if (sortKey === undefined) {
    if (!bound.isStored) selectFrom(s, bound, edits, []);
    return;
  }
  const name = valueOf(s, 'freshet.sort_key_name') ?? 'sk';
  selectFrom(s, bound, edits, [`'${sortKey.replaceAll("'", "''")}' AS ${renderName(name)}`]);
  const key = s.options.find((o) => o.key.value === 'primary_key')!;
  edits.edits.replace(key.span.start, key.span.end, `'${key.value},${name}'`);
  edits.remark(
    `the sort key is a column, ${name}, and a part of primary_key: RisingWave writes columns only.`,
  );
}

/** Writes the sink's input as a query with further columns. */
function selectFrom(
  s: CreateSink,
  { columns }: BoundSink,
  edits: StatementEdits,
  more: readonly string[],
): void {
  const all = [...columns.map((c) => renderName(c.name)), ...more];
  inputQuery(s, edits, all, more.length > 0);
}

/** Lists of columns that are longer take a line for each. */
const MAX_LINE = 80;

/** Writes `AS SELECT <columns> FROM <input>` in place of the sink's input. */
function inputQuery(
  s: CreateSink,
  edits: StatementEdits,
  columns: readonly string[],
  isChanged: boolean,
): void {
  const list = columns.join(', ');
  const select =
    list.length <= MAX_LINE ? `AS SELECT ${list}` : `AS SELECT\n    ${columns.join(',\n    ')}\n`;
  if (s.input.kind === 'relation') {
    const at = edits.tokenAt(s.input.name.span.start);
    const from = edits.find(['from']);
    edits.replaceTokens(
      from,
      at,
      `${select}${select.endsWith('\n') ? '' : ' '}FROM ${renderName(s.input.name.value)}`,
    );
    return;
  }
  if (!isChanged) return;
  const { start, end } = s.input.query.span;
  const query = edits.edits.text(start, end);
  const as = edits.tokenAt(start) - 1;
  const { start: from } = edits.spanOf(edits.tokens[as]!);
  edits.edits.replace(from, end, `${select}${select.endsWith('\n') ? '' : '\n'}FROM (\n${query}\n) AS rows`);
}

/** RisingWave's JSON encoder cuts fractions of a TIME, microseconds of a TIMESTAMP, and signs of an INTERVAL. */
const CUT: ReadonlySet<SqlType['kind']> = new Set(['timestamp', 'time', 'interval']);

function upsertTopic(s: CreateSink, bound: BoundSink, edits: StatementEdits, render: RenderOptions): void {
  const columns = bound.columns.map(({ name, type }) => {
    const sql = renderName(name);
    if (CUT.has(type.kind)) return `${sql}::varchar AS ${sql}`;
    return type.kind === 'array' && CUT.has(type.element.kind) ? `${sql}::varchar[] AS ${sql}` : sql;
  });
  const hasCasts = columns.some((sql, i) => sql !== renderName(bound.columns[i]!.name));
  if (hasCasts || !bound.isStored) inputQuery(s, edits, columns, hasCasts);
  const key = s.options.find((o) => o.key.value === 'primary_key')!.value;
  const options = [
    `connector = 'kafka'`,
    `topic = '${render.topicPrefix}${s.name.value}'`,
    ...bound.brokers,
    // Without it a retry of the producer may put an older row of a key behind a newer one.
    `properties.enable.idempotence = 'true'`,
    `primary_key = '${key}'`,
  ];
  const first = edits.tokenAt(s.options[0]!.key.span.start) - 2;
  const list = `WITH (\n    ${options.join(',\n    ')}\n)`;
  const format =
    "FORMAT UPSERT ENCODE JSON (\n    jsonb.handling.mode = 'string',\n    timestamptz.handling.mode = 'utc_string'\n)";
  edits.replaceTokens(first, edits.tokens.length - 1, `${list} ${format}`);
  edits.remark('the changes go to a topic, from which `freshet sink` writes the items.');
  if (hasCasts) edits.remark('times are written as text, because its JSON has no microseconds.');
}

/** RisingWave's sink of local files has other options. */
function files(s: CreateSink, bound: BoundSink, edits: StatementEdits): void {
  if (!bound.isStored) selectFrom(s, bound, edits, []);
  const root = s.options.find((o) => o.key.value === 'posix_fs.root')!;
  const path = edits.edits.original.slice(root.span.start, root.span.end);
  const first = edits.tokenAt(s.options[0]!.key.span.start) - 2;
  const options = [`connector = 'fs'`, `fs.path = ${path}`, `type = 'append-only'`];
  const list = `WITH (\n    ${options.join(',\n    ')}\n) FORMAT PLAIN ENCODE JSON (force_append_only = 'true')`;
  edits.replaceTokens(first, edits.tokens.length - 1, list);
  edits.remark("its sink of local files is 'fs', and writes on the machine of a compute node.");
}
