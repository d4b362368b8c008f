/**
 * Converts a file name pattern to a regular expression over relative paths with `/`. `*` and `?` match within one name
 * of the path, `**` matches across names, `{a,b}` and `[abc]` match alternatives. A name that begins with a dot matches
 * only where the pattern has this dot. Throws SyntaxError for a range that is out of order (`[z-a]`).
 */
export function globToRegExp(pattern: string): RegExp {
  let source = '';
  /** For each open brace, whether it stands where a name begins. */
  const braces: boolean[] = [];
  let nameStart = true;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    const notDot = nameStart ? '(?!\\.)' : '';
    const close = c === '[' ? pattern.indexOf(']', i + 2) : -1;
    let begins = c === '/';
    if (c === '*' && pattern[i + 1] === '*') {
      i++;
      begins = pattern[i + 1] === '/';
      if (begins) i++;
      source += begins ? '(?:(?!\\.)[^/]+/)*' : `${notDot}(?:(?!/\\.)[^])*`;
    } else if (c === '*') {
      source += `${notDot}[^/]*`;
    } else if (c === '?') {
      source += `${notDot}[^/]`;
    } else if (c === '{') {
      source += '(?:';
      braces.push(nameStart);
      begins = nameStart;
    } else if (c === '}' && braces.length > 0) {
      source += ')';
      braces.pop();
    } else if (c === ',' && braces.length > 0) {
      source += '|';
      begins = braces.at(-1)!;
    } else if (close > 0) {
      const set = pattern
        .slice(i + 1, close)
        .replace(/[\\\]^]/g, '\\$&')
        .replace(/^!/, '^');
      source += `${notDot}(?!/)[${set}]`;
      i = close;
    } else {
      source += c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    }
    nameStart = begins;
  }
  return new RegExp(`^${source}${')'.repeat(braces.length)}$`);
}
