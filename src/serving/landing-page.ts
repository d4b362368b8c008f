/** The page at `/`: what is served here, and live counts. Plain HTML that loads nothing from elsewhere. */
export const LANDING_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Freshet</title>
<style>
  body {
    font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 52rem; padding: 0 1rem;
    color: #1c2a33; background: #fbfdfe;
  }
  h1 { margin-bottom: 0; }
  h2 { margin-top: 2rem; font-size: 1.1rem; }
  p.quiet { color: #5c7079; margin-top: 0; }
  table { border-collapse: collapse; width: 100%; }
  td { font: .9rem ui-monospace, monospace; text-align: left; }
  td { padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #dce6eb; }
  td.number { text-align: right; font-variant-numeric: tabular-nums; }
  @media (prefers-color-scheme: dark) {
    body { color: #d9e5ea; background: #10181c; }
    td { border-color: #2a3940; }
    a { color: #7cc4f0; }
  }
</style>
</head>
<body>
<h1>Freshet</h1>
<p class="quiet" id="as-of">Streaming SQL in, fresh viewer profiles out.</p>
<h2>Now</h2>
<table><tbody id="counts"><tr><td>reading&hellip;</td></tr></tbody></table>
<h2>Endpoints</h2>
<table><tbody>
<tr>
  <td>GET <a href="/v1/viewers/1/profile">/v1/viewers/{id}/profile</a>?domains=watch,interactions</td>
  <td>a viewer's profile</td>
</tr>
<tr>
  <td>GET <a href="/v1/viewers/1/recommendations">/v1/viewers/{id}/recommendations</a>?limit=20</td>
  <td>recommended titles</td>
</tr>
<tr><td>POST /v1/viewers/{id}/recommendations</td><td>the same, with candidates and context</td></tr>
<tr><td>POST /v1/sources/{source}/events</td><td>append events: one, an array, or NDJSON</td></tr>
<tr><td>GET <a href="/v1/status">/v1/status</a></td><td>the numbers above, as JSON</td></tr>
<tr>
  <td>GET <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a></td>
  <td>for probes and Prometheus</td>
</tr>
<tr><td>GET <a href="/openapi.json">/openapi.json</a></td><td>this API, machine-readable</td></tr>
</tbody></table>
<script>
  const counts = document.getElementById('counts');
  function row(name, value) {
    const tr = document.createElement('tr');
    for (const [i, text] of [name, value].entries()) {
      const td = document.createElement('td');
      td.textContent = typeof text === 'number' ? text.toLocaleString('en') : text;
      if (i === 1) td.className = 'number';
      tr.append(td);
    }
    return tr;
  }
  async function refresh() {
    try {
      const status = await (await fetch('/v1/status')).json();
      const rows = [];
      for (const { name, rows: n } of status.sources) rows.push(row('events of ' + name, n));
      for (const { name, rows: n } of status.views) rows.push(row('rows of ' + name, n));
      for (const { name, puts, queued } of status.sinks) {
        rows.push(row('writes of ' + name + (queued ? ', ' + queued + ' waiting' : ''), puts));
      }
      if (status.table_items) rows.push(row('items in the table, as last counted', status.table_items));
      counts.replaceChildren(...(rows.length ? rows : [row('no counts yet', '')]));
      if (status.as_of) document.getElementById('as-of').textContent = 'As of ' + status.as_of;
    } catch {
      counts.replaceChildren(row('the server does not answer', ''));
    }
    setTimeout(refresh, 1000);
  }
  refresh();
</script>
</body>
</html>
`;
