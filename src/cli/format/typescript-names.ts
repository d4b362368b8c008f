/** Names are the user's: one may hold what ends a comment. */
export function comment(text: string): string {
  return `/** ${text.replaceAll('*/', '*\u200b/').replaceAll(/\s+/g, ' ')} */`;
}

/** A property's name, quoted where it has to be. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** `engagement#watch` and `engagement_watch` become EngagementWatch. */
export function pascal(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const text = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(text) ? text : `T${text}`;
}

/** `name`, or with a number behind it if it is taken; takes it. */
export function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}${i}`;
  taken.add(free);
  return free;
}
