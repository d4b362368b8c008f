import { renderName } from '../../../../plan/render-expr.ts';
import type { CreateSource } from '../../../ddl/statement.ts';
import type { RenderOptions } from '../../render-options.ts';
import { unknownSourceOptions } from '../r012-source-option.ts';
import { renderOptions } from './options.ts';
import { QueryText } from './query-text.ts';
import { spellTimes, spellUnits } from './spelling.ts';
import type { StatementEdits } from './statement-edits.ts';

/** A statement that follows the rendered one. */
export interface Following {
  readonly kind: 'view';
  readonly name: string;
  readonly sql: string;
}

/** What became of CREATE SOURCE or CREATE TABLE. */
export interface RenderedSource {
  /** The name that the statement defines now. */
  readonly name: string;
  /** A view under the name that the source had, if the source was renamed. */
  readonly view: Following | undefined;
}

/** Rewrites CREATE SOURCE or CREATE TABLE. `fresh` returns a name that the pipeline does not have. */
export function renderSource(
  s: CreateSource,
  edits: StatementEdits,
  render: RenderOptions,
  fresh: (wish: string) => string,
): RenderedSource {
  renderOptions(s.options ?? [], unknownSourceOptions(s), edits, render);
  const encoding = s.format?.options ?? [];
  const own = encoding.filter((o) => o.key.value.startsWith('freshet.'));
  renderOptions(encoding, own, edits, render);
  nameBrokers(s, edits);
  spellExpressions(s, edits);
  if (s.format !== undefined && s.format.options.length > 0) removeEmptyList(s, edits);
  if (!render.keepWatermarks) removeWatermarks(s, edits);
  if (s.onConflict !== undefined) renderConflict(s.onConflict.action, edits);
  const required = s.columns.filter((c) => c.notNull);
  if (s.kind === 'table' || required.length === 0) return { name: s.name.value, view: undefined };
  return withoutNotNull(
    s,
    required.map((c) => c.name.value),
    edits,
    fresh,
  );
}

/** Without brokers `freshet dev` reads a local topic. */
function nameBrokers({ options = [] }: CreateSource, edits: StatementEdits): void {
  const connector = options.find((o) => o.key.value === 'connector');
  if (connector?.value.toLowerCase() !== 'kafka') return;
  if (options.some((o) => o.key.value === 'properties.bootstrap.server' || o.key.value === 'kafka.brokers'))
    return;
  edits.edits.insertAfter(connector.span.end, ", properties.bootstrap.server = '${KAFKA_BROKERS}'");
}

/** Writes the units and times in generated columns and watermarks as RisingWave reads them. */
function spellExpressions({ columns, watermarks }: CreateSource, { edits }: StatementEdits): void {
  const slices = [...columns.flatMap((c) => c.generated ?? []), ...watermarks.map((w) => w.expr)];
  for (const slice of slices) {
    const text = new QueryText(slice, edits);
    spellUnits([slice.expression()], text);
    spellTimes([slice.expression()], text);
  }
}

function removeEmptyList({ format }: CreateSource, edits: StatementEdits): void {
  const first = edits.tokenAt(format!.encode.span.end - 1) + 1;
  const { start } = edits.spanOf(edits.tokens[first]!);
  const { end } = format!.span;
  if (!/^\(\s*\)$/.test(edits.edits.text(start, end))) return;
  const blanks = /\s*$/.exec(edits.edits.original.slice(0, start))![0].length;
  edits.edits.replace(start - blanks, end, '');
}

/** Freshet drops no late event, so a watermark that does must go, or the numbers would differ. */
function removeWatermarks({ watermarks }: CreateSource, edits: StatementEdits): void {
  for (const { span } of watermarks) {
    edits.removeItem(edits.tokenAt(span.start), edits.tokenAt(span.end - 1));
    edits.remark(
      'WATERMARK is left out, because by it RisingWave drops events that are later, and Freshet drops none.',
    );
  }
}

/** IGNORE and OVERWRITE are older words. */
function renderConflict(action: 'overwrite' | 'ignore', edits: StatementEdits): void {
  const at = edits.find(['on', 'conflict']);
  const word = edits.tokens[at + 2]?.value;
  if (word !== 'ignore' && word !== 'overwrite') return;
  edits.replaceTokens(at + 2, at + 2, action === 'ignore' ? 'DO NOTHING' : 'DO UPDATE FULL');
}

/** A source of RisingWave has no NOT NULL. A view in front of it leaves out the rows that Freshet refuses. */
function withoutNotNull(
  s: CreateSource,
  required: readonly string[],
  edits: StatementEdits,
  fresh: (wish: string) => string,
): RenderedSource {
  const name = fresh(`${s.name.value}_received`);
  edits.edits.replace(s.name.span.start, s.name.span.end, renderName(name));
  for (const column of s.columns.filter((c) => c.notNull)) {
    const at = edits.find(['not', 'null'], edits.tokenAt(column.type.span.end));
    const { start } = edits.spanOf(edits.tokens[at]!);
    const { end } = edits.spanOf(edits.tokens[at + 1]!);
    const blanks = /\s*$/.exec(edits.edits.original.slice(0, start))![0].length;
    edits.edits.replace(start - blanks, end, '');
  }
  edits.remark(
    `a source has no NOT NULL. The view ${s.name.value} below leaves out the events that Freshet refuses.`,
  );
  const columns = [
    ...s.columns.map((c) => c.name.value),
    ...s.includes.flatMap((i) => (i.alias === undefined ? [] : [i.alias.value])),
  ].map(renderName);
  const where = required.map((c) => `${renderName(c)} IS NOT NULL`).join('\n  AND ');
  const select = `SELECT ${columns.join(', ')}\nFROM ${renderName(name)}\nWHERE ${where}`;
  const sql = `CREATE VIEW ${renderName(s.name.value)} AS\n${select}`;
  return { name, view: { kind: 'view', name: s.name.value, sql } };
}
