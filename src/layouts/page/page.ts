import type { Bill, Bills } from '../dollars.ts';
import type { LayoutReport, LayoutsReport } from '../report.ts';
import type { LayoutReads } from '../reads.ts';
import {
  assumptionLines,
  billNames,
  billText,
  deadLetterLines,
  figureSections,
  mixtureLine,
  refusalLines,
  trafficLine,
  wayText,
  type FigureSection,
} from '../rows.ts';
import { countText, dollarsText, durationText, numberText } from '../units-text.ts';
import { barChart, sizeChart, type Bar } from './charts.ts';
import { factsOf } from './facts.ts';
import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** Returns a report as one HTML page without external resources. Names of the pipeline and its data are escaped. */
export function htmlPage(report: LayoutsReport): string {
  const { pipeline } = report;
  const mixture = mixtureLine(report);
  const remarks = [...refusalLines(report), ...deadLetterLines(report)];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Item layouts of ${pipeline}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>Item layouts of ${pipeline}</h1>
          <p class="quiet">${trafficLine(report)}</p>
          ${mixture === undefined ? undefined : html`<p class="mixture">${mixture}</p>`}
        </header>
        <main>
          <section class="cards facts" aria-label="In short">
            ${factsOf(report).map(
              ({ figure, title, about }) =>
                html`<div class="card">
                  <h3>${title}</h3>
                  <p class="fact">${figure}</p>
                  <p class="quiet">${about}</p>
                </div> `,
            )}
          </section>
          <h2>Dollars a month</h2>
          <div class="cards">${billNames(report).map((name) => billChart(report, name))}</div>
          <h2>Writes</h2>
          <div class="cards">${writeCharts(report)}</div>
          <h2>Reads of a profile</h2>
          <div class="cards three">
            ${(['one', 'two', 'all'] as const).map((domains) => readChart(report, domains))}
          </div>
          <h2>Items</h2>
          <div class="cards">${itemCharts(report)}</div>
          <h2>All figures</h2>
          <div class="card scroll" tabindex="0" role="region" aria-label="All figures">
            ${figureTable(report)}
          </div>
          <h2>What the figures rest on</h2>
          <ul>
            ${[...assumptionLines(report), ...remarks].map((line) => html`<li>${line}</li>`)}
          </ul>
        </main>
      </body>
    </html> `;
  return page.text;
}

const PARTS: readonly (readonly [keyof Bill, string])[] = [
  ['writes', 'writes of traffic'],
  ['midnights', 'midnights'],
  ['reads', 'reads'],
  ['storage', 'storage'],
];

function billChart(report: LayoutsReport, name: keyof Bills): Html {
  const { audience, utilisation } = report.assumptions;
  const how =
    name === 'on_demand'
      ? 'Paid by the request'
      : `Capacity of which ${numberText(utilisation * 100)} % is used`;
  const title = billText(name);
  return barChart({
    title: title[0]!.toUpperCase() + title.slice(1),
    about: `${how}, ${countText(audience)} active profiles a day.`,
    bars: report.layouts.map(({ layout, dollars }) => ({
      label: layout,
      parts: PARTS.map(([part, partName]) => {
        const value = dollars[name][part];
        return { name: partName, value, text: `$${dollarsText(value)}` };
      }),
      text: `$${dollarsText(dollars[name].total)}`,
    })),
  });
}

function writeCharts(report: LayoutsReport): readonly Html[] {
  const { write_rate, profiles } = report.assumptions;
  const bars = (
    name: string,
    value: (layout: LayoutReport) => number,
    text: (value: number) => string,
  ): readonly Bar[] =>
    report.layouts.map((each) => ({
      label: each.layout,
      parts: [{ name, value: value(each), text: text(value(each)) }],
      text: text(value(each)),
    }));
  return [
    barChart({
      title: 'Write units per 1,000 events',
      about: 'Writes that events and passing minutes cause, midnights aside.',
      bars: bars('WRU', (each) => each.wru_per_1000_events, countText),
    }),
    barChart({
      title: 'Write units at midnight',
      about: 'What the roll of the calendar writes, per night and 1,000 profiles.',
      bars: bars('WRU', (each) => each.midnight.wru_per_1000_viewers, countText),
    }),
    barChart({
      title: 'Until the last item is right after midnight',
      about:
        `${countText(profiles)} profiles at ${countText(write_rate)} WRU a second. ` +
        'While the pipeline is down, they stay wrong.',
      bars: bars('time', (each) => each.stale_at_midnight.seconds, durationText),
    }),
    barChart({
      title: 'Write units that one more domain adds',
      about: 'Per 1,000 events, midnights included; an average of the domains there are.',
      bars: bars('WRU', (each) => each.growth.wru_per_1000_events, countText),
    }),
  ];
}

const SELECTION_TITLES: Readonly<Record<keyof LayoutReads, string>> = {
  one: 'One domain',
  two: 'Two domains',
  all: 'All domains',
};

function readChart({ layouts }: LayoutsReport, domains: keyof LayoutReads): Html {
  return barChart({
    title: SELECTION_TITLES[domains],
    about: 'Read units, eventually consistent, by the way that takes fewest.',
    bars: layouts.map(({ layout, reads }) => {
      const { way, rru, requests } = reads[domains];
      const text = `${numberText(rru)} RRU`;
      return {
        label: layout,
        note: requests === 1 ? wayText(way) : `${numberText(requests)} x ${wayText(way)}`,
        parts: [{ name: 'RRU', value: rru, text }],
        text,
      };
    }),
  });
}

function itemCharts({ layouts }: LayoutsReport): readonly Html[] {
  return [
    sizeChart(
      'Item sizes',
      'Half of the items are smaller than p50. A write costs a unit per KB of the item, a read half a unit per 4 KB.',
      layouts.map((each) => ({
        label: each.layout,
        p50: each.item_bytes_p50,
        p99: each.item_bytes_p99,
        max: each.item_bytes_max,
        text: `${countText(each.item_bytes_max)} B`,
      })),
    ),
    barChart({
      title: 'Items and bytes per profile',
      about: 'Bytes of all items of a profile, names of attributes included.',
      bars: layouts.map(({ layout, items, bytes_per_viewer }) => {
        const text = `${countText(bytes_per_viewer)} B`;
        return {
          label: layout,
          note: `${countText(items)} items`,
          parts: [{ name: 'bytes', value: bytes_per_viewer, text }],
          text,
        };
      }),
    }),
  ];
}

function figureTable(report: LayoutsReport): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col"></th>
        ${report.layouts.map(({ layout }) => html`<th scope="col">${layout}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${figureSections(report).map((section) => sectionRows(section, report.layouts.length))}
    </tbody>
  </table>`;
}

function sectionRows({ title, rows }: FigureSection, layouts: number): Html {
  return html`<tr>
      <th colspan="${layouts + 1}" scope="colgroup">${title}</th>
    </tr>
    ${rows.map(
      ({ label, cells, best }) =>
        html`<tr>
          <th scope="row">${label}</th>
          ${cells.map((cell, i) =>
            best[i] === true ? html`<td class="best">${cell}</td>` : html`<td>${cell}</td>`,
          )}
        </tr> `,
    )}`;
}
