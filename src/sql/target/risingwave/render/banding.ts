import { renderName } from '../../../../plan/render-expr.ts';
import type { Bands } from './bands.ts';
import type { Cut } from './condition.ts';
import type { FromItem } from './from-items.ts';

/** An item of FROM in bands by one of its times. */
export interface Banding {
  readonly item: FromItem;
  readonly bands: Bands;
  /** The column that holds the number of a row's band. */
  readonly column: string;
  /** Comparisons in WHERE: rows in bands for which one of them fails are left out. */
  readonly required: Cut[];
  readonly key: string;
}

/** Returns the query that gives each row of `from` with its band: a SELECT for each band, joined by UNION ALL. */
export function bandedRows(
  { bands, column, required }: Banding,
  columns: readonly string[],
  from: string,
): string {
  const selected = columns.map(renderName);
  const branches: string[] = [];
  const add = (band: string, limits: readonly string[]): void => {
    const value = branches.length === 0 ? `${band} AS ${renderName(column)}` : band;
    branches.push(branch([...selected, value], from, limits));
  };
  for (let band = 0; band < bands.count; band++) {
    if (required.every((cut) => holds(bands, cut, band))) add(String(band), bands.limits(band));
  }
  if (bands.row.nullable && required.length === 0) add('NULL::int', [`${bands.row.sql} IS NULL`]);
  return branches.join('\n    UNION ALL\n');
}

/** Returns whether some band is left for which all of these comparisons hold. */
export function hasBand({ bands, required }: Banding, more: readonly Cut[]): boolean {
  const all = [...required, ...more];
  return Array.from({ length: bands.count }, (_, i) => i).some((i) =>
    all.every((cut) => holds(bands, cut, i)),
  );
}

function holds(bands: Bands, cut: Cut, band: number): boolean {
  const [from, to] = bands.rangeOf(cut);
  return (from <= band && band <= to) !== (cut.op === '<>');
}

const MAX_LINE = 100;

function branch(columns: readonly string[], from: string, limits: readonly string[]): string {
  const where = limits.length === 0 ? '' : `\n    WHERE ${limits.join('\n      AND ')}`;
  const oneLine = `    SELECT ${columns.join(', ')}`;
  const select = oneLine.length <= MAX_LINE ? oneLine : `    SELECT\n${wrapped(columns)}`;
  return `${select}\n    FROM ${from}${where}`;
}

/** Returns names in lines of a readable length, indented by eight blanks. */
function wrapped(columns: readonly string[]): string {
  const lines = [''];
  for (const column of columns) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + column.length > MAX_LINE - 12) lines.push(column);
    else lines[lines.length - 1] = last === '' ? column : `${last}, ${column}`;
  }
  return lines.map((line, i) => `        ${line}${i < lines.length - 1 ? ',' : ''}`).join('\n');
}

/** Says what a CTE of bands is for. */
export function bandComment(relation: string, { column, required }: Banding): string {
  const rest = required.length > 0 ? ' Rows that WHERE drops are in none.' : '';
  return (
    `Each row of ${relation} with ${column}, the band of time that it is in: 0 is the youngest.${rest} ` +
    'RisingWave takes now() only in filters such as these, and moves a row on when its time comes.'
  );
}
