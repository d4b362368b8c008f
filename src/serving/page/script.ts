/**
 * Main script of the page. It shows /v1/status every second, and the profile and recommendations of one key every
 * two. Values from the server are only set as text. The numbers that change each second are not a live region, since a
 * screen reader would read them without end.
 */
export const SCRIPT = `
const STATUS_EVERY_MS = 1000;
const PROFILE_EVERY_MS = 2000;
const RATE_OVER_MS = 10000;
const byId = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString('en');
const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);
const plural = (n, name) => count(n) + ' ' + name + (n === 1 ? '' : 's');

function say(element, text, kind) {
  if (element.textContent !== text) element.textContent = text;
  if (kind !== undefined && element.className !== kind) element.className = kind;
}
function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

// State, totals and rates.
let samples = [];
let answered = false;
let recommends = false;

function sample(status, events, writes) {
  const at_ms = Date.parse(status.now);
  const last = samples.at(-1);
  if (last !== undefined && (events < last.events || writes < last.writes || at_ms < last.at_ms)) samples = [];
  samples = [...samples.filter((each) => at_ms - each.at_ms <= RATE_OVER_MS), { at_ms, events, writes }];
}
function rate(of) {
  const first = samples[0];
  const last = samples.at(-1);
  const seconds = (last.at_ms - first.at_ms) / 1000;
  if (seconds < 1) return 'measuring';
  const perSecond = (last[of] - first[of]) / seconds;
  return (perSecond < 100 ? perSecond.toFixed(1) : count(Math.round(perSecond))) + ' per second';
}
function card(id, total, note, rows, noun) {
  const whole = byId(id);
  whole.hidden = false;
  say(whole.querySelector('.total'), count(total));
  say(whole.querySelector('.rate'), note);
  say(whole.querySelector('summary'), plural(rows.length, noun));
  const body = whole.querySelector('tbody');
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach(([name, value], i) => {
    const row = body.rows[i] ?? body.insertRow();
    if (row.cells.length === 0) {
      row.append(element('th', '', 'name'), element('td', ''));
      row.cells[0].scope = 'row';
    }
    say(row.cells[0], name);
    say(row.cells[1], value);
  });
}
function showTime(status) {
  const now = new Date(status.now);
  const time = byId('now');
  time.dateTime = status.now;
  time.title = status.now;
  say(time, now.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' }));
}
function showStatus(status) {
  const { pipeline, sources, views, sinks } = status;
  const alone = status.table === 'unreachable' ? 'table unreachable' : 'serving';
  const state = pipeline === undefined ? alone : pipeline.state;
  const kinds = { serving: 'good', running: 'good', failed: 'bad', stopped: 'bad', 'table unreachable': 'bad' };
  say(byId('state'), state, kinds[state] ?? 'warn');
  say(byId('running'), pipeline === undefined
    ? 'Serves profiles from DynamoDB; the pipeline runs in another process.'
    : 'Pipeline ' + pipeline.name + ', version ' + status.version + '.');
  showTime(status);
  showTroubles(status.why, sources);
  showKinds(status);
  if (pipeline === undefined) return;
  const events = sum(sources, (source) => source.rows);
  const writes = sum(sinks, (sink) => sink.upserts + sink.deletes);
  const waiting = sum(sinks, (sink) => sink.queued + sink.in_flight);
  sample(status, events, writes);
  card('events', events, rate('events'), sources.map(({ name, rows, state }) => [
    name + (state === 'running' ? '' : ' (' + state + ')'), count(rows),
  ]), 'source');
  const behind_s = (Date.parse(status.now) - Date.parse(status.as_of)) / 1000;
  card('views', sum(views, (view) => view.rows),
    behind_s < 2 ? 'up to date' : count(Math.round(behind_s)) + ' s behind',
    views.map(({ name, rows }) => [name, count(rows)]), 'view');
  if (sinks.length === 0) return;
  card('writes', writes, rate('writes') + ', ' + count(waiting) + ' waiting', sinks.map((sink) => [
    sink.name + (sink.dead_letters === 0 ? '' : ' (' + plural(sink.dead_letters, 'dead letter') + ')'),
    count(sink.upserts + sink.deletes),
  ]), 'sink');
}
/** Shows the current troubles with their durations, and the files that are not read. */
function showTroubles(why, sources) {
  const lasting = why.map(({ kind, name, error, for_ms }) =>
    kind + ' ' + name + ' for ' + count(Math.round(for_ms / 1000)) + ' s: ' + error);
  const files = sources.flatMap((source) => source.problems.slice(0, 3).map(({ name, error }) =>
    'source ' + source.name + ' does not read ' + name + ': ' + error));
  byId('why').hidden = lasting.length + files.length === 0;
  say(byId('why'), [...lasting, ...files].join('; '), 'bad');
}
async function refreshStatus() {
  try {
    const response = await fetch('/v1/status');
    if (!response.ok) throw new Error('status ' + response.status);
    const status = await response.json();
    showStatus(status);
    answered = true;
    const isTyping = document.activeElement === byId('key');
    if (following && status.profile_key !== undefined && !isTyping) followSomebody(status);
    byId('watch').hidden = !status.demo || asked === undefined;
  } catch {
    samples = [];
    say(byId('state'), answered ? 'not answering; showing the last numbers' : 'not answering', 'bad');
  }
  setTimeout(refreshStatus, STATUS_EVERY_MS);
}

// One profile. Only the response for the key asked for last is shown.
let asked;
let timer;

/** Formats attributes as JSON, one line each; long lines wrap with an indent. */
function json(attributes) {
  const whole = element('pre', '{\\n');
  const entries = Object.entries(attributes);
  entries.forEach(([name, value], i) => {
    // Pretty-printed, then joined to one line: line breaks inside texts are escaped, so each one here is layout.
    const spaced = JSON.stringify(value, null, 1).replace(/([[{])\\n */g, '$1').replace(/\\n *([\\]}])/g, '$1');
    const text = JSON.stringify(name) + ': ' + spaced.replace(/\\n */g, ' ') + (i < entries.length - 1 ? ',' : '');
    whole.append(element('span', text + '\\n', 'member'));
  });
  whole.append('}');
  return whole;
}
function ago(age_ms) {
  const s = Math.max(0, Math.round(age_ms / 1000));
  return s < 120 ? s + ' s ago' : s < 7200 ? Math.round(s / 60) + ' min ago' : Math.round(s / 3600) + ' h ago';
}
/** Updates the card of that name, or creates it for a new profile. Replaces its content only if it has changed. */
function profileCard(name, note, text, content) {
  let found = [...byId('domains').children].find((each) => each.dataset.name === name);
  if (found === undefined) {
    found = element('section', '', 'card');
    found.dataset.name = name;
    const head = element('div', '', 'line');
    head.append(element('h3', name), element('span', '', 'note quiet'));
    found.append(head, element('div', '', 'content'));
    byId('domains').append(found);
  }
  say(found.querySelector('.note'), note);
  if (found.dataset.text === text) return;
  const changed = found.dataset.text !== undefined;
  found.dataset.text = text;
  found.querySelector('.content').replaceChildren(content());
  found.classList.remove('fresh');
  void found.offsetWidth; // restarts the animation
  if (changed) found.classList.add('fresh');
}
function showProfile(profile) {
  for (const [name, { status, attributes, age_ms }] of Object.entries(profile.domains)) {
    const age = age_ms === undefined ? 'age unknown' : 'written ' + ago(age_ms);
    const note = status === 'absent' ? status : (status === 'present' ? '' : status + ', ') + age;
    profileCard(name, note, JSON.stringify(attributes ?? null), () =>
      attributes === undefined ? element('p', 'nothing yet') : json(attributes));
  }
}
function showRecommendations({ strategy, items }) {
  profileCard('recommendations', strategy, JSON.stringify(items), () => {
    const list = document.createElement('ol');
    for (const { content_id, genre, score } of items) {
      const item = element('li', '');
      item.append(element('span', content_id, 'name'));
      item.append((genre === undefined ? '' : ' ' + genre) + ' ' + score.toFixed(3));
      list.append(item);
    }
    return items.length === 0 ? element('p', 'none yet') : list;
  });
}
async function read(path, options = {}) {
  const token = byId('token').value;
  // Sent as UTF-8: fetch sends each character of a header as one Latin-1 byte.
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  const headers = { ...options.headers, ...(token === '' ? {} : { authorization: 'Bearer ' + bytes }) };
  const response = await fetch(path, { ...options, headers });
  const body = await response.json();
  if (response.ok) return body;
  if (response.status === 401) byId('token-field').hidden = false;
  const kind = String(body.type).split(':').at(-1);
  throw Object.assign(new Error(body.detail ?? body.title), { kind });
}
function send(path, event) {
  return read(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) });
}
function paths(id) {
  const path = '/v1/viewers/' + encodeURIComponent(id);
  return [path + '/profile', path + '/recommendations?limit=10'];
}
/** Ignores the error that the pipeline keeps no titles to recommend. */
function unlessNone(error) {
  if (error.kind !== 'no-recommendations') throw error;
}
async function refreshViewer() {
  clearTimeout(timer);
  const question = asked;
  try {
    if (!document.hidden) {
      const [profilePath, recommendationsPath] = paths(question.id);
      const [profile, recommendations] = await Promise.all([
        read(profilePath),
        recommends ? read(recommendationsPath).catch(unlessNone) : undefined,
      ]);
      if (question !== asked) return;
      showProfile(profile);
      if (recommendations !== undefined) {
        showRecommendations(recommendations);
        titles = recommendations.items;
      }
      byId('found').hidden = false;
      const just = following && isLive ? ', whose profile has just changed' : '';
      const key = byId('key-name').textContent;
      say(byId('said'), upperFirst(nounOf(key) ?? key) + ' ' + profile.viewer_id + just, '');
    }
  } catch (error) {
    if (question !== asked) return;
    byId('found').hidden = true;
    // A key that the page chose itself may not have a profile yet.
    const isEarly = following && error.kind === 'absent';
    say(byId('said'), error instanceof TypeError ? 'the server does not answer' : error.message, isEarly ? 'quiet' : 'bad');
  }
  if (byId('follow').checked) timer = setTimeout(refreshViewer, PROFILE_EVERY_MS);
}
function ask(id) {
  asked = { id };
  byId('key').value = id;
  byId('found').hidden = true;
  byId('domains').replaceChildren();
  const [profile, recommendations] = paths(id);
  byId('profile-link').href = profile;
  byId('recommendations-link').href = recommendations;
  say(byId('watched'), '', 'quiet');
  void refreshViewer();
}
byId('lookup').addEventListener('submit', (event) => {
  event.preventDefault();
  const { value, inputMode } = byId('key');
  const id = inputMode === 'numeric' ? value.trim() : value; // blanks around a text belong to it
  // A reload or a bookmark shows the same profile.
  history.replaceState(null, '', '#' + encodeURIComponent(id));
  following = false;
  ask(id);
});
byId('watch-button').addEventListener('click', () => void watchSomething());
byId('follow').addEventListener('change', () => {
  if (byId('follow').checked && asked !== undefined) void refreshViewer();
});
let bookmarked = '';
try {
  bookmarked = decodeURIComponent(location.hash.slice(1));
} catch {
  // the hash is not a valid encoding of a key
}
if (bookmarked !== '') following = false;
// The first status says what can be asked for.
void refreshStatus().then(() => {
  if (bookmarked !== '' && asked === undefined) ask(bookmarked);
});
`;
