const UNITS: ReadonlySet<string> = new Set(
  (
    'years year yrs yr y months month mons mon days day d hours hour hrs hr h minutes minute mins min m ' +
    'seconds second secs sec s'
  ).split(' '),
);

/** A part of the text of an interval: a whole number, the seconds of a time of day, or a unit. */
type Part = 'number' | 'seconds' | 'unit';

/** Returns whether RisingWave reads a text as an INTERVAL. The steps are those of its parser. */
export function readsInterval(text: string): boolean {
  if (text.startsWith('P')) return true;
  const parts = partsOf(text.trim());
  if (parts === undefined) return false;
  // A number at the end without a unit is one of seconds.
  if (parts.length % 2 !== 0 && parts.at(-1) === 'number') parts.push('unit');
  return parts.length % 2 === 0 && parts.every((part, i) => (i % 2 === 0) === (part !== 'unit'));
}

/** Returns the parts of a text; undefined where RisingWave stops reading. */
function partsOf(text: string): Part[] | undefined {
  const parts: Part[] = [];
  const times: string[] = [];
  let number = '';
  let word = '';
  const endNumber = (): boolean => {
    const isRead = number === '' || isWhole(number);
    if (number !== '') parts.push('number');
    number = '';
    return isRead;
  };
  const endWord = (): boolean => {
    const isRead = word === '' || UNITS.has(word.toLowerCase());
    if (word !== '') parts.push('unit');
    word = '';
    return isRead;
  };
  for (const c of text) {
    let isRead = true;
    if (/[-+.]/.test(c)) number += c;
    else if (/\d/.test(c)) {
      isRead = endWord();
      number += c;
    } else if (/[a-z]/i.test(c)) {
      isRead = endNumber();
      word += c;
    } else if (/\s/.test(c)) isRead = endWord() && (/^[-+]$/.test(number) || endNumber());
    else if (c === ':' && number !== '') {
      times.push(number);
      number = '';
    } else isRead = false;
    if (!isRead) return undefined;
  }
  if (times.length > 0 && number !== '') {
    times.push(number);
    number = '';
  }
  if (!endNumber() || !endWord() || !isTime(times)) return undefined;
  times.forEach((_, i) => parts.push(i === 2 ? 'seconds' : 'number', 'unit'));
  return parts;
}

function isWhole(text: string): boolean {
  return /^[-+]?\d+$/.test(text);
}

/** Hours, minutes below 60, and seconds below 61 with a fraction. */
function isTime([hours = '0', minutes = '0', seconds = '0', ...more]: readonly string[]): boolean {
  const areWhole = isWhole(hours) && isWhole(minutes) && Number(minutes) >= 0 && Number(minutes) < 60;
  return more.length === 0 && areWhole && Number(seconds) >= 0 && Number(seconds) < 61;
}
