/**
 * Two parts of the page's script: the choice of a viewer to show while the user has asked for none, and the button
 * that posts a view and times it until it is read back from DynamoDB. They use definitions of script.ts.
 */
export const WATCH_SCRIPT = `
// A viewer whose profile has not changed for this long has stopped watching; the page switches to another.
const WATCHING_FOR_MS = 30000;
let following = true;
let followed;
let isLive = false;

/** Shows a viewer who is watching, for as long as they are. */
function followSomebody({ now, pipeline, example_viewer, recent_viewers }) {
  // The server knows its viewers only with a pipeline, and lists them only if profiles need no token.
  if (pipeline === undefined || recent_viewers === undefined) return;
  const watching = recent_viewers.filter((each) => Date.parse(now) - Date.parse(each.changed_at) <= WATCHING_FOR_MS);
  const isWatching = watching.some((each) => each.viewer_id === followed);
  isLive = watching.length > 0;
  const next = isWatching ? followed : watching[0]?.viewer_id ?? followed ?? example_viewer;
  if (next === undefined) {
    say(byId('said'), 'No profile yet. Profiles appear here as events arrive.', 'quiet');
    return;
  }
  if (next === followed) return;
  followed = next;
  ask(next);
}

const WATCH_POLL_MS = 50;
const WATCH_GIVE_UP_MS = 60000;
const WATCHED_MINUTES = 10;
/** Titles for the button to choose from: the recommended ones. */
let titles = [];

async function watchSomething() {
  const button = byId('watch-button');
  const viewer = asked?.id;
  if (viewer === undefined) return;
  following = false; // stay with this viewer
  button.disabled = true;
  try {
    const title = titles[Math.floor(Math.random() * titles.length)];
    await watchAs(viewer, title ?? { content_id: 'title-1', genre: 'drama' });
  } catch (error) {
    say(byId('watched'), error instanceof TypeError ? 'the server does not answer' : error.message, 'bad');
  } finally {
    button.disabled = false;
  }
}
async function watchAs(viewer, { content_id, genre }) {
  const what = WATCHED_MINUTES + ' minutes of ' + content_id + (genre === undefined ? '' : ' (' + genre + ')');
  const before = await minutesOf(viewer);
  const began = performance.now();
  const event = {
    event_id: crypto.randomUUID?.() ?? 'page-' + Date.now(),
    viewer_id: Number(viewer),
    content_id,
    genre,
    watch_duration_sec: WATCHED_MINUTES * 60,
    completion_pct: 0.95,
    watched_at: new Date().toISOString().slice(0, -1),
  };
  await send('/v1/sources/view_events/events', event);
  const acknowledged = Math.round(performance.now() - began) + ' ms';
  for (;;) {
    const took_ms = performance.now() - began;
    if (await minutesOf(viewer) >= before + WATCHED_MINUTES - 0.01) {
      const seconds = (took_ms / 1000).toFixed(1) + ' s';
      say(byId('watched'), what + ': durable after ' + acknowledged + ', read back from DynamoDB after ' + seconds, 'good');
      void refreshViewer();
      return;
    }
    if (took_ms > WATCH_GIVE_UP_MS) throw new Error(what + ': not in DynamoDB after a minute');
    say(byId('watched'), what + ': durable after ' + acknowledged + ', not yet in DynamoDB', 'quiet');
    await new Promise((resolve) => setTimeout(resolve, WATCH_POLL_MS));
  }
}
/** Reads the watch minutes of a viewer; 0 if there is no profile. */
async function minutesOf(viewer) {
  try {
    const { domains } = await read(paths(viewer)[0] + '?domains=watch');
    return Number(domains.watch.attributes?.watch_minutes_28d ?? 0);
  } catch (error) {
    if (error.kind === 'absent') return 0;
    throw error;
  }
}
`;
