import { sinkAsWritten, type Pipeline, type SinkDef, type SourceDef } from '../../plan/pipeline.ts';
import { renderExpr, renderName } from '../../plan/render-expr.ts';
import { columnType } from './plan.ts';

/** Renders a source: its connector and key, and a line per column with its type and origin. */
export function renderSource(source: SourceDef): string[] {
  const format = `${source.format} ${source.encode}`;
  const connector = source.connector === undefined ? [] : [`${source.connector}, ${format}`];
  const key = source.primaryKey.map((i) => renderName(source.columns[i]!.name)).join(', ');
  const traits = [
    ...connector,
    ...(key === '' ? [] : [`key (${key})`]),
    ...(source.appendOnly ? ['append only'] : []),
  ];
  const width = Math.max(...source.columns.map((column) => renderName(column.name).length));
  const lines = source.columns.map((column, i) => {
    const notes: string[] = [];
    if (column.generated !== undefined) notes.push(`= ${renderExpr(column.generated)}`);
    if (column.include !== undefined) notes.push(`the record's ${column.include}`);
    if (source.watermark?.column === i) notes.push(`watermark ${renderExpr(source.watermark.expr)}`);
    const type = columnType({ name: column.name, type: column.type, nullable: !column.notNull });
    return `  ${renderName(column.name).padEnd(width)}  ${type}${notes.length > 0 ? `  ${notes.join(', ')}` : ''}`;
  });
  return [[`${source.kind} ${renderName(source.name)}`, ...traits].join(' · '), ...lines];
}

/** Renders a sink: its connector, the view it reads and the key it writes. */
export function renderSink(sink: SinkDef, pipeline: Pipeline): string[] {
  const { from, primaryKey } = sinkAsWritten(sink);
  const columns = pipeline.views.find((view) => view.name === from)?.columns ?? [];
  const key = primaryKey.map((i) => renderName(columns[i]?.name ?? String(i))).join(', ');
  const buckets = sink.buckets === undefined ? '' : ` · kept as ${renderName(sink.from)}`;
  return [
    `sink ${renderName(sink.name)} · ${sink.connector} · from ${renderName(from)} · key (${key})${buckets}`,
  ];
}
