/**
 * A file name pattern as a regular expression over relative paths with `/`: `*` and `?` stay within a folder name,
 * `**` crosses them, `{a,b}` and `[abc]` choose. Names that begin with a dot match only a pattern that says so.
 * Throws SyntaxError for a range that is none (`[z-a]`).
 */
export function globToRegExp(pattern: string): RegExp {
  let source = '';
  /** For each brace that is open, whether a name begins where it does. */
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
