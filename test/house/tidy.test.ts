import { describe, expect, it } from 'vitest';
import { projectFiles, readProjectFile } from './files.ts';

const MAX_LINE_LENGTH = 120;

const TEXT = /\.(?:ts|js|mjs|json|md|sql|sh|yml|css|html)$|^\.ci\//;
const GENERATED = /^package-lock\.json$|\.snap$/;

const files = projectFiles().filter((path) => TEXT.test(path) && !GENERATED.test(path));
const code = files.filter((path) => /\.(?:ts|js)$/.test(path));

/** Returns `path:line: text` for every line of `paths` that `test` picks. */
function linesWhere(paths: readonly string[], test: (line: string, path: string) => boolean): string[] {
  return paths.flatMap((path) =>
    readProjectFile(path)
      .split('\n')
      .flatMap((line, i) => (test(line, path) ? [`${path}:${i + 1}: ${line.trim().slice(0, 80)}`] : [])),
  );
}

describe('the source tree', () => {
  it('keeps lines of code short', () => {
    // The formatter breaks all lines but those with a long literal or a table in a comment.
    const unbreakable = /^\s*\* \||(['"`]).{40,}\1|\/.{40,}\/[a-z]*/;
    expect(linesWhere(code, (line) => line.length > MAX_LINE_LENGTH && !unbreakable.test(line))).toEqual([]);
  });

  it('has no TODO notes, focused tests or debugger statements', () => {
    // This file is left out because it has to name them.
    const leftovers = /FIXME|TODO|XXX|\b(?:it|test|describe)\.only\b|\bdebugger;/;
    const others = code.filter((path) => path !== 'test/house/tidy.test.ts');
    expect(linesWhere(others, (line) => leftovers.test(line))).toEqual([]);
  });

  it('names no path of a particular machine', () => {
    const machine = /(?<![\w.:])\/(?:home|root|Users|work)\/[\w.]/;
    expect(linesWhere(files, (line) => machine.test(line))).toEqual([]);
  });

  it('has no tabs, trailing blanks or Windows line endings', () => {
    expect(linesWhere(code, (line) => /\t|\s$/.test(line))).toEqual([]);
  });

  it('describes every room in ARCHITECTURE.md', () => {
    const architecture = readProjectFile('ARCHITECTURE.md');
    const rooms = new Set(
      files.filter((path) => /^src\/[^/]+\//.test(path)).map((path) => path.split('/').slice(0, 2).join('/')),
    );
    expect([...rooms].filter((room) => !architecture.includes(`${room}/`))).toEqual([]);
  });
});
