/** The page's style sheet. Colours have a contrast of 4.5 or more on their background, light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f6fafb; --card: #fff; --line: #d5e1e7; --text: #16242c; --quiet: #506570; --accent: #0b6591;
  --good: #176c3a; --warn: #8a5300; --bad: #b3261e; --fresh: #d9eefa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0f171b; --card: #172227; --line: #2c3c44; --text: #dce7ec; --quiet: #9bb0ba; --accent: #7cc4f0;
    --good: #7fd6a0; --warn: #f0b95a; --bad: #ff9a92; --fresh: #1d3c4d;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 66rem; padding: 1.5rem 1rem 3rem;
  color: var(--text); background: var(--back);
}
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2rem 0 .6rem; font-size: 1.15rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: .3rem 0; }
a { color: var(--accent); }
code, pre, .name { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem; }
.name, code { overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.quiet { color: var(--quiet); }
header .line { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1rem; }
#state { font-weight: 600; color: var(--quiet); }
#state::before { content: '\\25CF\\00A0'; }
#state.good { color: var(--good); }
#state.warn { color: var(--warn); }
#state.bad { color: var(--bad); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; min-width: 0;
}
.flow .card { border-top: 4px solid var(--accent); }
.total { font-size: 2.1rem; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
details { margin-top: .6rem; }
summary { cursor: pointer; color: var(--accent); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .2rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border: 0; font-size: .85rem; font-weight: 400; color: var(--quiet); }
tbody th { font-weight: 400; }
td + td, .flow td, thead th + th { text-align: right; padding-left: 1rem; font-variant-numeric: tabular-nums; }
form { display: flex; flex-wrap: wrap; align-items: end; gap: .6rem 1rem; }
form label { display: grid; font-size: .9rem; }
form label.check { display: flex; align-items: center; gap: .4rem; min-height: 2.6rem; }
input:not([type=checkbox]) {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet); border-radius: .35rem;
  padding: .4rem .6rem; width: 14rem; max-width: 100%;
}
button {
  font: inherit; font-weight: 600; color: var(--back); background: var(--accent); border: 0; border-radius: .35rem;
  padding: .45rem 1.2rem; cursor: pointer;
}
#said { min-height: 1.5em; margin: .6rem 0; }
#said.bad, #watched.bad { color: var(--bad); }
#watched.good { color: var(--good); }
#watch { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem; margin: .6rem 0 1rem; }
[role=tablist] { display: flex; gap: .4rem; margin-top: 1.2rem; border-bottom: 1px solid var(--line); }
[role=tab] { color: var(--accent); background: none; border-radius: .35rem .35rem 0 0; }
[role=tab][aria-selected=true] { color: var(--back); background: var(--accent); }
#letters { overflow-x: auto; margin-top: 1rem; }
#letters td, #letters th { text-align: left; padding: .3rem 1rem .3rem 0; }
button:disabled { opacity: .6; cursor: default; }
.card .line { display: flex; justify-content: space-between; gap: 1rem; margin-bottom: .4rem; font-size: .9rem; }
.card pre { margin: 0; font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.member { display: block; padding-left: 4ch; text-indent: -2ch; }
.card ol { margin: 0; padding-left: 1.8rem; font-size: .85rem; }
.card .name { font-size: inherit; }
#found > p { margin-top: .8rem; }
.card.fresh { animation: fresh 1.5s ease-out; }
@keyframes fresh { from { background: var(--fresh); } }
@media (prefers-reduced-motion: reduce) { .card.fresh { animation: none; } }
dl { margin: 0; display: grid; grid-template-columns: minmax(0, auto) minmax(0, 1fr); gap: .4rem 1.5rem; }
dd { margin: 0; }
@media (max-width: 40rem) {
  dl { display: block; }
  dd { margin: 0 0 .7rem; }
}
`;
