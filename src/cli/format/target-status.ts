import type { SourceLag, StoredRows, TargetStatus } from '../../deploy/status.ts';
import { countOf, grouped } from './count.ts';

const UNKNOWN = 'unknown in this version of RisingWave';

/** Returns the state of a target as `freshet status` prints it. `place` is the host, port and database. */
export function renderStatus(status: TargetStatus, place: string): string {
  const { version, schema, recovery, barriers, sources, stored, sinks, drift } = status;
  const running = recovery === undefined ? '' : `, ${recovery.toLowerCase()}`;
  return [
    `RisingWave ${version} at ${place}, schema ${schema}${running}`,
    '',
    barriers === undefined
      ? `barrier latency: ${UNKNOWN}`
      : `barrier latency: median ${grouped(barriers.median_ms)} ms, maximum ${grouped(barriers.max_ms)} ms ` +
        `over the last ${countOf(barriers.barriers, 'barrier')}`,
    ...section('lag of sources', sources?.map(lagLine)),
    ...section('rows', stored.map(rowsLine)),
    ...section(
      'sinks',
      sinks.map(({ name, connector, filling, failure }) => [
        name,
        connector.toLowerCase(),
        filling === undefined ? 'writes changes' : `writes the rows of its view: ${filling}`,
        failure === undefined ? '' : `failed at ${failure.at}: ${failure.error}`,
      ]),
    ),
    ...(drift.length === 0
      ? ['', 'no drift: everything is as the last deploy left it']
      : section(
          'drift',
          drift.map((line) => [line]),
        )),
    '',
  ].join('\n');
}

/** Returns a heading and its rows with aligned columns. `rows` is undefined if the figures are unknown. */
function section(title: string, rows: readonly (readonly string[])[] | undefined): readonly string[] {
  if (rows === undefined) return ['', `${title}: ${UNKNOWN}`];
  if (rows.length === 0) return ['', `${title}: none`];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return [
    '',
    `${title}:`,
    ...rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd()),
  ];
}

function lagLine({ source, reader, partitions, phase, lag }: SourceLag): readonly string[] {
  const who = source === reader ? '' : `read by ${reader}`;
  const behind = lag === undefined ? 'unknown yet' : countOf(lag, 'record');
  return [source, behind, `over ${countOf(partitions, 'partition')}`, phase.toLowerCase(), who];
}

function rowsLine({ kind, name, rows, isExact, filling }: StoredRows): readonly string[] {
  if (filling !== undefined) return [kind, name, `is being filled: ${filling}`];
  if (rows === undefined) return [kind, name, 'unknown'];
  return [kind, name, `${isExact ? '' : 'about '}${grouped(rows)}`];
}
