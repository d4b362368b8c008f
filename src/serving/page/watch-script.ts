/**
 * Two parts of the page's script: which viewer it shows while nobody has asked for one, and a view that a person makes
 * up with a button, timed until it is read back from DynamoDB. They use what script.ts defines.
 */
export const WATCH_SCRIPT = `
// A viewer whose profile has not changed for so long has stopped watching, and the page goes on to another.
const WATCHING_FOR_MS = 30000;
let following = true;
let followed;
let isLive = false;

/** Shows somebody who is watching, and stays with them for as long as they do. */
function followSomebody({ now, pipeline, example_viewer, recent_viewers }) {
  // Who there is, is known beside the pipeline alone, and told where profiles want no token.
  if (pipeline === undefined || recent_viewers === undefined) return;
  const watching = recent_viewers.filter((each) => Date.parse(now) - Date.parse(each.changed_at) <= WATCHING_FOR_MS);
  const isWatching = watching.some((each) => each.viewer_id === followed);
  isLive = watching.length > 0;
  const next = isWatching ? followed : watching[0]?.viewer_id ?? followed ?? example_viewer;
  if (next === undefined) {
    say(byId('said'), 'No profile yet: they appear here as events come in.', 'quiet');
    return;
  }
  if (next === followed) return;
  followed = next;
  ask(next);
}

const WATCH_POLL_MS = 50;
const WATCH_GIVE_UP_MS = 60000;
const WATCHED_MINUTES = 10;
/** Titles that the viewer may watch: those recommended. */
let titles = [];

async function watchSomething() {
  const button = byId('watch-button');
  const viewer = asked?.id;
  if (viewer === undefined) return;
  following = false; // the viewer who watches is the one to look at
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
    say(byId('watched'), what + ': durable after ' + acknowledged + ', on its way to DynamoDB', 'quiet');
    await new Promise((resolve) => setTimeout(resolve, WATCH_POLL_MS));
  }
}
/** Watch minutes of a viewer; 0 where there is no profile. */
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
