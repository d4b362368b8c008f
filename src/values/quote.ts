const MAX_SHOWN = 80;

/** Returns a text in quotes for a message, shortened so that an event's payload does not flood a log. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);
}
