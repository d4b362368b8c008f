/** Returns a doc comment of one line. Breaks up any end of comment in the text, which holds names of the user. */
export function comment(text: string): string {
  return `/** ${text.replaceAll('*/', '*\u200b/').replaceAll(/\s+/g, ' ')} */`;
}

/** Returns a property name, quoted if it is not an identifier. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** Returns a name in PascalCase: `engagement#watch` and `engagement_watch` become EngagementWatch. */
export function pascal(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const text = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(text) ? text : `T${text}`;
}

/** Returns `name`, with a number appended if it is already in `taken`, and adds the result to `taken`. */
export function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}${i}`;
  taken.add(free);
  return free;
}

/** Returns a doc comment with a paragraph per text, in lines of at most 116 characters where words allow it. */
export function docLines(texts: readonly string[], indent: string): string[] {
  const paragraphs = texts.map((text) => text.replaceAll('*/', '*\u200b/').replaceAll(/\s+/g, ' ').trim());
  const whole = `${indent}/** ${paragraphs.join(' ')} */`;
  if (paragraphs.length === 1 && whole.length <= 116) return [whole];
  const lines = paragraphs.flatMap((text, i) => [
    ...(i === 0 ? [] : ['']),
    ...wrapped(text, 113 - indent.length),
  ]);
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
