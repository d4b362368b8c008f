import { createHash } from 'node:crypto';
import { SCRIPT as MAIN_SCRIPT } from './script.ts';
import { KINDS_SCRIPT } from './kinds-script.ts';
import { LETTERS_SCRIPT } from './letters-script.ts';
import { STYLE } from './style.ts';
import { WATCH_SCRIPT } from './watch-script.ts';

const SCRIPT = `'use strict';${WATCH_SCRIPT}${KINDS_SCRIPT}${MAIN_SCRIPT}${LETTERS_SCRIPT}`;

/** The page at `/`: state, live counts, and one profile. One HTML document that loads no other resources. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Freshet</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
  <div class="line"><h1>Freshet</h1><span id="state" role="status">connecting</span></div>
  <p>Profiles, kept fresh by streaming SQL.</p>
  <p class="quiet"><span id="running"></span> <time id="now"></time></p>
  <p id="why" role="status" hidden></p>
</header>
<noscript><p>This page needs JavaScript. <a href="/v1/status">/v1/status</a> has its numbers as JSON.</p></noscript>
<div role="tablist" aria-label="Parts of the page" id="tabs" hidden>
  <button type="button" role="tab" id="tab-overview" aria-controls="overview" aria-selected="true">Overview</button>
  <button type="button" role="tab" id="tab-letters" aria-controls="letters" aria-selected="false" tabindex="-1">Dead
    letters</button>
</div>
<main>
<div id="letters" role="tabpanel" aria-labelledby="tab-letters" hidden>
  <p>Records that a source could not read and rows that a sink could not write. Processing continued without them.
    <code>freshet dead-letters list</code> prints them all.</p>
  <p id="letters-said" role="status"></p>
  <table id="letters-table" hidden>
    <thead>
      <tr><th scope="col">time</th><th scope="col">position</th><th scope="col">reason</th><th scope="col">payload</th></tr>
    </thead><tbody></tbody>
  </table>
</div>
<div id="overview" role="tabpanel" aria-labelledby="tab-overview">
<section aria-labelledby="flow-title">
  <h2 id="flow-title">Right now</h2>
  <div class="cards flow">
    <div class="card" id="events" hidden>
      <h3>Events read since the start</h3>
      <div class="total">0</div>
      <p class="rate quiet"></p>
      <details><summary></summary><table>
        <thead><tr><th scope="col">source</th><th scope="col">events</th></tr></thead><tbody></tbody>
      </table></details>
    </div>
    <div class="card" id="views" hidden>
      <h3>Rows in SQL views</h3>
      <div class="total">0</div>
      <p class="rate quiet"></p>
      <details><summary></summary><table>
        <thead><tr><th scope="col">materialized view</th><th scope="col">rows</th></tr></thead><tbody></tbody>
      </table></details>
    </div>
    <div class="card" id="writes" hidden>
      <h3>Rows written since the start</h3>
      <div class="total">0</div>
      <p class="rate quiet"></p>
      <details><summary></summary><table>
        <thead><tr><th scope="col">sink</th><th scope="col">writes</th></tr></thead><tbody></tbody>
      </table></details>
    </div>
  </div>
</section>
<section id="profiles" aria-labelledby="profile-title">
  <h2 id="profile-title">Profile</h2>
  <form id="lookup">
    <label><span id="key-name">id</span>
      <input id="key" autocomplete="off" required>
    </label>
    <label id="token-field" hidden>Access token
      <input id="token" type="password" autocomplete="off">
    </label>
    <button>Show</button>
    <label class="check"><input id="follow" type="checkbox" checked> Follow changes</label>
  </form>
  <p id="said" role="status"></p>
  <div id="watch" hidden>
    <button id="watch-button" type="button">Watch something</button>
    <span id="watched" role="status" class="quiet"></span>
  </div>
  <div id="found" hidden>
    <div class="cards" id="domains"></div>
    <p>The same as JSON:
      <a id="profile-link" href="/">profile</a><span data-needs="recommendations">,
      <a id="recommendations-link" href="/">recommendations</a></span></p>
  </div>
</section>
<section aria-labelledby="api-title">
  <h2 id="api-title">The API</h2>
  <dl>
    <dt data-needs="profiles"><code>GET /v1/viewers/{id}/profile</code></dt>
    <dd data-needs="profiles">read a profile; <code>?domains=a,b</code> selects domains</dd>
    <dt data-needs="recommendations"><code>GET /v1/viewers/{id}/recommendations?limit=20</code></dt>
    <dd data-needs="recommendations">recommend trending titles</dd>
    <dt data-needs="recommendations"><code>POST /v1/viewers/{id}/recommendations</code></dt>
    <dd data-needs="recommendations">recommend titles from given candidates and context</dd>
    <dt data-needs="ingest"><code>POST /v1/sources/{source}/events</code></dt>
    <dd data-needs="ingest">append one event, an array, or NDJSON</dd>
    <dt data-needs="letters"><code>GET /v1/dead-letters?limit=50</code></dt>
    <dd data-needs="letters">list dead letters</dd>
    <dt><a href="/docs"><code>/docs</code></a></dt><dd>interactive documentation of this API</dd>
    <dt><a href="/openapi.json"><code>/openapi.json</code></a></dt><dd>OpenAPI document of this API</dd>
    <dt><a href="/v1/status"><code>/v1/status</code></a></dt><dd>the numbers on this page, as JSON</dd>
    <dt><a href="/metrics"><code>/metrics</code></a></dt><dd>metrics for Prometheus</dd>
    <dt><a href="/healthz"><code>/healthz</code></a> and <a href="/readyz"><code>/readyz</code></a></dt>
    <dd>liveness and readiness probes</dd>
  </dl>
</section>
</div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;

/** Content security policy that allows the page its own script and style and requests to its own server only. */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src ${sourceHash(SCRIPT)}`,
  `style-src ${sourceHash(STYLE)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
