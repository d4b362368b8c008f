/**
 * A file name pattern as a regular expression over relative paths with `/`: `*` and `?` stay within a folder name,
 * `**` crosses them, `{a,b}` and `[abc]` choose. Names that begin with a dot match only a pattern that says so.
 */
export function globToRegExp(pattern: string): RegExp {
  let source = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    const nameStart = i === 0 || pattern[i - 1] === '/';
    const notDot = nameStart ? '(?!\\.)' : '';
    if (c === '*' && pattern[i + 1] === '*') {
      i++;
      if (pattern[i + 1] === '/') {
        i++;
        source += '(?:(?!\\.)[^/]+/)*';
      } else {
        source += `${notDot}(?:(?!/\\.)[^])*`;
      }
    } else if (c === '*') {
      source += `${notDot}[^/]*`;
    } else if (c === '?') {
      source += `${notDot}[^/]`;
    } else if (c === '{') {
      source += '(?:';
      depth++;
    } else if (c === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (c === ',' && depth > 0) {
      source += '|';
    } else if (c === '[' && pattern.indexOf(']', i + 2) > 0) {
      const close = pattern.indexOf(']', i + 2);
      const set = pattern
        .slice(i + 1, close)
        .replace(/[\\\]^]/g, '\\$&')
        .replace(/^!/, '^');
      source += `[${set}]`;
      i = close;
    } else {
      source += c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    }
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`);
}
