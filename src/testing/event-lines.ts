/**
 * Returns one JSON text per event that a test inserts. Throws TypeError for a value that is not an event; the message
 * says what it is.
 */
export function eventLines(source: string, events: string | object | Iterable<object>): string[] {
  if (typeof events === 'string') return events.split('\n').filter((line) => line.trim() !== '');
  const all = isIterable(events) ? [...events] : [events];
  return all.map((event, i) => {
    if (typeof event === 'object' && event !== null && !isIterable(event)) return eventJson(event);
    const at = isIterable(events) ? `event ${i} for '${source}'` : `the value inserted into '${source}'`;
    throw new TypeError(
      `${at} is ${described(event)}, not an object; insert takes { column: value, ... }, an array of these, or NDJSON text`,
    );
  });
}

function isIterable(value: unknown): value is Iterable<object> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** Returns an event as JSON, with bigints as numbers. */
function eventJson(event: object): string {
  const bigints: string[] = [];
  const text = JSON.stringify(event, (_, value: unknown) => {
    if (typeof value !== 'bigint') return value;
    bigints.push(value.toString());
    return `\u0000${bigints.length - 1}\u0000`;
  });
  return text.replace(/"\\u0000(\d+)\\u0000"/g, (_, i: string) => bigints[Number(i)]!);
}
