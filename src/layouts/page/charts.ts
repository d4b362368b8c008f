import { html, type Html } from './html.ts';

/** A part of a bar. */
export interface BarPart {
  readonly name: string;
  readonly value: number;
  /** The value as people read it. */
  readonly text: string;
}

/** A bar: one layout, with its parts from left to right. */
export interface Bar {
  readonly label: string;
  readonly parts: readonly BarPart[];
  /** What stands at the end of the bar. */
  readonly text: string;
  /** A remark below the label. */
  readonly note?: string | undefined;
}

export interface BarChart {
  readonly title: string;
  /** The sentence below the title. */
  readonly about: string;
  readonly bars: readonly Bar[];
}

/**
 * Draws horizontal bars, one line each, on a common scale from 0. Positions are percentages, so that the chart has any
 * width without its text being scaled.
 */
export function barChart({ title, about, bars }: BarChart): Html {
  const longest = Math.max(...bars.map(({ parts }) => sum(parts)), Number.MIN_VALUE);
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  return html`<figure class="card">
    <figcaption>
      <h3>${title}</h3>
      <p class="quiet">${about}</p>
    </figcaption>
    ${names.length > 1 ? legend(names) : undefined}
    <div class="bars">${bars.map((bar) => barLine(bar, longest, names))}</div>
  </figure> `;
}

function legend(names: readonly string[]): Html {
  return html`<p class="legend">
    ${names.map((name, i) => html`<span><i class="p${i}"></i>${name}</span> `)}
  </p>`;
}

function barLine({ label, parts, text, note }: Bar, longest: number, names: readonly string[]): Html {
  let from = 0;
  const drawn = parts.map(({ name, value, text: each }) => {
    const width = (value / longest) * 100;
    const part = html`<rect
      class="p${names.indexOf(name)}"
      x="${percent(from)}"
      width="${percent(width)}"
      height="100%"
      ><title>${name}: ${each}</title></rect
    >`;
    from += width;
    return part;
  });
  return html`<div class="bar">
    <span class="label"
      >${label}${note === undefined ? undefined : html` <small class="quiet">${note}</small>`}</span
    >
    <svg role="img" aria-label="${label}: ${text}">${drawn}</svg>
    <span class="value">${text}</span>
  </div> `;
}

/** Sizes of one layout's items, in bytes. */
export interface SizeRange {
  readonly label: string;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly text: string;
}

const FIRST_BYTES = 32;
const LIMIT_BYTES = 409_600;
const TICKS: readonly (readonly [number, string])[] = [
  [100, '100 B'],
  [1024, '1 KB'],
  [10_240, '10 KB'],
  [102_400, ''],
  [LIMIT_BYTES, '400 KB'],
];

/** Draws sizes on a logarithmic scale that ends at DynamoDB's limit for an item. */
export function sizeChart(title: string, about: string, ranges: readonly SizeRange[]): Html {
  const lines = TICKS.map(
    ([bytes]) => html`<line class="tick" x1="${at(bytes)}" x2="${at(bytes)}" y1="0" y2="100%" />`,
  );
  return html`<figure class="card">
    <figcaption>
      <h3>${title}</h3>
      <p class="quiet">${about}</p>
    </figcaption>
    <div class="bars sizes">
      ${ranges.map(
        ({ label, p50, p99, max, text }) =>
          html`<div class="bar">
            <span class="label">${label}</span>
            <svg role="img" aria-label="${label}: ${text}">
              ${lines}
              <line class="range" x1="${at(p50)}" x2="${at(max)}" y1="50%" y2="50%" />
              <circle class="p0" cx="${at(p50)}" cy="50%" r="6"><title>p50: ${p50} bytes</title></circle>
              <circle class="p1" cx="${at(p99)}" cy="50%" r="5"><title>p99: ${p99} bytes</title></circle>
              <circle class="p2" cx="${at(max)}" cy="50%" r="4"><title>largest: ${max} bytes</title></circle>
            </svg>
            <span class="value">${text}</span>
          </div> `,
      )}
      <div class="bar axis">
        <span class="label"></span>
        <svg aria-hidden="true">
          ${TICKS.map(
            ([bytes, tick]) =>
              html`<text x="${at(bytes)}" y="12" text-anchor="${bytes === LIMIT_BYTES ? 'end' : 'middle'}"
                >${tick}</text
              >`,
          )}</svg
        ><span class="value"></span>
      </div>
    </div>
    ${legend(['p50', 'p99', 'largest'])}
  </figure> `;
}

function at(bytes: number): string {
  const part = Math.log(Math.max(bytes, FIRST_BYTES) / FIRST_BYTES) / Math.log(LIMIT_BYTES / FIRST_BYTES);
  return percent(2 + part * 96);
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}

function sum(parts: readonly BarPart[]): number {
  return parts.reduce((total, { value }) => total + value, 0);
}
