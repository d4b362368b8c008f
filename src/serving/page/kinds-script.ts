/** Part of the page's script: shows what the pipeline has, in its own words. Uses definitions of script.ts. */
export const KINDS_SCRIPT = `
const NUMBER_RULE = 'a number of up to 38 digits';

/** Hides the parts of the page that this pipeline does not need. */
function showKinds({ profile_key: key, viewer_ids: ids, recommends: has, ingest, pipeline }) {
  recommends = has;
  byId('tabs').hidden = pipeline === undefined;
  byId('profiles').hidden = key === undefined;
  for (const line of document.querySelectorAll('[data-needs]')) {
    const needed = {
      profiles: key !== undefined, recommendations: has, ingest: ingest.length > 0, letters: pipeline !== undefined,
    };
    line.hidden = !needed[line.dataset.needs];
  }
  if (key === undefined) return;
  const noun = nounOf(key);
  say(byId('profile-title'), noun === undefined ? 'Profile' : upperFirst(noun) + ' profile');
  say(byId('key-name'), key);
  if (ids === 'numbers') {
    const rules = { inputmode: 'numeric', maxlength: 170, pattern: '-?[0-9]+([.][0-9]+)?', title: NUMBER_RULE };
    for (const [name, value] of Object.entries(rules)) byId('key').setAttribute(name, value);
  }
}
/** Returns what a key identifies, if its name tells: a customer for customer_id. */
function nounOf(key) {
  return key.endsWith('_id') && key.length > 3 ? key.slice(0, -3).replaceAll('_', ' ') : undefined;
}
function upperFirst(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
`;
