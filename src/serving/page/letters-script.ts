/** Script of the dead-letters tab. It loads the dead letters when the tab is shown, and then every few seconds. */
export const LETTERS_SCRIPT = `
const LETTERS_EVERY_MS = 3000;
let lettersTimer;

function showTab(name) {
  for (const each of ['overview', 'letters']) {
    const isShown = each === name;
    byId(each).hidden = !isShown;
    byId('tab-' + each).setAttribute('aria-selected', String(isShown));
    byId('tab-' + each).tabIndex = isShown ? 0 : -1;
  }
  if (name === 'letters') void refreshLetters();
}
function letterPlace({ source, sink, file, line, topic, partition, offset }) {
  const of = source === undefined ? 'sink ' + sink : source;
  if (file !== undefined) return of + ', ' + file + (line === undefined ? ', byte ' + offset : ':' + line);
  const parts = [[' topic ', topic], [' partition ', partition], [' offset ', offset]];
  return [of, ...parts.filter(([, value]) => value !== undefined).map(([word, value]) => word + value)].join(',');
}
function letterRow(letter) {
  const row = document.createElement('tr');
  const payload = letter.payload ?? 'base64 ' + letter.payload_base64;
  row.append(
    element('td', new Date(letter.time).toLocaleString()),
    element('td', letterPlace(letter), 'name'),
    element('td', letter.reason + ': ' + letter.message),
    element('td', payload.length > 300 ? payload.slice(0, 300) + '\u2026' : payload, 'name'),
  );
  return row;
}
async function refreshLetters() {
  clearTimeout(lettersTimer);
  try {
    if (!document.hidden) {
      const { dead_letters: letters, more } = await read('/v1/dead-letters');
      const table = byId('letters-table');
      table.hidden = letters.length === 0;
      const text = JSON.stringify(letters);
      // Unchanged rows stay in place, for a person reading them or selecting text.
      if (table.dataset.shown !== text) table.tBodies[0].replaceChildren(...letters.map(letterRow));
      table.dataset.shown = text;
      const some = more ? 'The newest ' + plural(letters.length, 'dead letter') : plural(letters.length, 'dead letter');
      say(byId('letters-said'), letters.length === 0 ? 'None.' : some + ', the newest first.', '');
    }
  } catch (error) {
    const needsToken = error.kind === 'unauthorized';
    say(byId('letters-said'), needsToken ? 'Enter the access token under Overview first.' : error.message, 'bad');
  }
  if (!byId('letters').hidden) lettersTimer = setTimeout(refreshLetters, LETTERS_EVERY_MS);
}
for (const name of ['overview', 'letters']) {
  byId('tab-' + name).addEventListener('click', () => showTab(name));
  byId('tab-' + name).addEventListener('keydown', ({ key }) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
    const other = name === 'letters' ? 'overview' : 'letters';
    showTab(other);
    byId('tab-' + other).focus();
  });
}
`;
