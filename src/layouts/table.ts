import {
  assumptionLines,
  deadLetterLines,
  figureSections,
  refusalLines,
  trafficLine,
  type FigureRow,
} from './rows.ts';
import type { LayoutsReport } from './report.ts';

const LABEL_CHARS = 40;
const CELL_CHARS = 15;
const WIDTH = 118;

/** Returns a report as lines of text: a column for each layout, and at most 120 characters wide. */
export function tableLines(report: LayoutsReport, style: { readonly isBold: boolean }): readonly string[] {
  const bold = (text: string): string => (style.isBold ? `\u001b[1m${text}\u001b[22m` : text);
  const names = report.layouts.map(({ layout }) => layout);
  const lines = [
    ...wrapped(trafficLine(report)),
    '',
    bold(lineOf({ label: '', cells: names, best: [] }, String)),
  ];
  for (const { title, rows } of figureSections(report)) {
    lines.push('', bold(title), ...rows.map((row) => lineOf({ ...row, label: `  ${row.label}` }, bold)));
  }
  const notes = [...assumptionLines(report), ...refusalLines(report), ...deadLetterLines(report)];
  lines.push('', ...notes.flatMap(wrapped));
  return lines;
}

function lineOf({ label, cells, best }: FigureRow, bold: (text: string) => string): string {
  const padded = cells.map((cell, i) => {
    const text = cell.padStart(CELL_CHARS);
    return best[i] === true ? bold(text) : text;
  });
  return (label.padEnd(LABEL_CHARS) + padded.join('')).trimEnd();
}

/** Breaks a text into lines at spaces; lines after the first are indented. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
