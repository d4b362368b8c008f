/** The page's style sheet. Colours of text have a contrast of 4.5 or more on their background, light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f6fafb; --card: #fff; --line: #d5e1e7; --text: #16242c; --quiet: #506570; --accent: #0b6591;
  --best: #176c3a; --p0: #2779b0; --p1: #e08a1e; --p2: #3d9a63; --p3: #8a63b5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0f171b; --card: #172227; --line: #2c3c44; --text: #dce7ec; --quiet: #9bb0ba; --accent: #7cc4f0;
    --best: #7fd6a0; --p0: #57a8de; --p1: #f0a844; --p2: #63c48b; --p3: #b394dc;
  }
}
@media print { :root { color-scheme: light; } .card { break-inside: avoid; } }
* { box-sizing: border-box; }
body {
  font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 3rem;
  color: var(--text); background: var(--back);
}
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.2rem 0 .3rem; font-size: 1.25rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: .3rem 0; overflow-wrap: anywhere; }
.mixture { border-left: 4px solid var(--p1); padding-left: .7rem; margin-top: .8rem; }
.quiet { color: var(--quiet); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(28rem, 100%), 1fr)); }
.three { grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.facts { grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)); margin-top: 1.2rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; margin: 0;
  min-width: 0;
}
.facts .card { border-top: 4px solid var(--accent); }
.fact { font-size: 1.7rem; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
figcaption p { font-size: .9rem; margin: 0 0 .6rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .85rem; margin: .2rem 0 .6rem; }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin-right: .35rem; }
.p0 { fill: var(--p0); background: var(--p0); }
.p1 { fill: var(--p1); background: var(--p1); }
.p2 { fill: var(--p2); background: var(--p2); }
.p3 { fill: var(--p3); background: var(--p3); }
.bars { display: grid; grid-template-columns: max-content minmax(4rem, 1fr) max-content; gap: .45rem .8rem; }
.bar { display: contents; }
.bar > * { align-self: center; }
.bar svg { width: 100%; height: 1.3rem; background: var(--back); border-radius: .2rem; }
.bar .label { line-height: 1.2; }
.bar .label small { display: block; }
.bar .value { text-align: right; font-variant-numeric: tabular-nums; font-size: .9rem; }
.sizes svg { overflow: visible; background: none; }
.tick { stroke: var(--line); stroke-width: 1; }
.range { stroke: var(--quiet); stroke-width: 2; }
.axis text { fill: var(--quiet); font-size: .75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; width: 100%; min-width: 44rem; }
th, td { padding: .25rem .2rem; text-align: left; }
tbody td, tbody th { border-top: 1px solid var(--line); }
th + th, td { text-align: right; padding-left: 1rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody th { font-weight: 400; position: sticky; left: 0; background: var(--card); }
tbody th[colspan] { font-weight: 600; padding-top: 1rem; border: 0; text-align: left; }
td.best { color: var(--best); font-weight: 600; }
thead th { border: 0; }
li { margin: .25rem 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  .bars { gap: .45rem .5rem; }
  tbody th { max-width: 11rem; }
}
`;
