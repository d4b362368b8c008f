import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFiles, readProjectFile } from './files.ts';

// Finds files and exports that nothing uses. All exports are named and there are no barrel files, so the text of the
// imports shows who uses what.

/** Entry points: the command line, and the package's modules for users' tests and for readers of profiles. */
const ROOTS = ['src/cli/main.ts', 'src/testing/index.ts', 'src/client/index.ts'];

const code = projectFiles().filter((path) => /^(?:src|bin|bench|test)\/.*\.(?:ts|js)$/.test(path));
const texts = new Map(code.map((path) => [path, readProjectFile(path)]));
const sources = code.filter((path) => path.startsWith('src/') && !path.endsWith('.d.ts'));

/** By file and exported name, the files that import it; the name `*` stands for all names. */
const importers = new Map<string, Map<string, string[]>>();

function note(from: string, to: string, name: string): void {
  const path = posix.join(posix.dirname(from), to);
  const names = importers.get(path) ?? new Map<string, string[]>();
  importers.set(path, names);
  names.set(name, [...(names.get(name) ?? []), from]);
}

const NAMED = /(?:import|export)\s+(?:type\s+)?(?:\{([^}]*)\}|\*\s+as\s+\w+)\s*from\s+'(\.[^']+)'/g;
const WHOLE = /(?:import\(\s*|import\s+|new URL\(\s*)'(\.[^']+\.(?:ts|js))'/g;
for (const [path, text] of texts) {
  for (const [, names, to] of text.matchAll(NAMED)) {
    for (const name of (names ?? '*').split(',')) {
      const own = name
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+/)[0]!;
      if (own !== '') note(path, to!, own);
    }
  }
  for (const [, to] of text.matchAll(WHOLE)) note(path, to!, '*');
}

interface Export {
  readonly path: string;
  readonly name: string;
  readonly isType: boolean;
  readonly isUsedInside: boolean;
  readonly users: readonly string[];
}

const EXPORT = /^export\s+(?:abstract\s+|async\s+)?(function\*?|class|const|let|interface|type)\s+(\w+)/gm;
const exported = sources.flatMap((path): Export[] => {
  const text = texts.get(path)!;
  const names = importers.get(path);
  return [...text.matchAll(EXPORT)].map(([, kind, name]) => ({
    path,
    name: name!,
    isType: kind === 'interface' || kind === 'type',
    isUsedInside: (text.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1,
    users: [...(names?.get(name!) ?? []), ...(names?.get('*') ?? [])],
  }));
});

const inProduct = (path: string): boolean => !path.startsWith('test/');
const listed = (all: readonly Export[]): readonly string[] => all.map(({ path, name }) => `${path}: ${name}`);

describe('dead code', () => {
  it('is searched for among imports and exports that the patterns do find', () => {
    expect(exported.length).toBeGreaterThan(1000);
    expect(exported.filter(({ users }) => users.some(inProduct)).length).toBeGreaterThan(1000);
  });

  it('includes no source file that only tests import', () => {
    const orphans = sources.filter((path) => {
      const users = [...(importers.get(path)?.values() ?? [])].flat();
      return !ROOTS.includes(path) && !users.some(inProduct);
    });
    expect(orphans).toEqual([]);
  });

  it('includes no export that nobody imports', () => {
    const unused = exported.filter((e) => !e.isType && e.users.length === 0 && !ROOTS.includes(e.path));
    expect(listed(unused), `if its own file uses it, remove the word export; otherwise delete it`).toEqual(
      [],
    );
  });

  it('includes no export that only tests use', () => {
    const tested = exported.filter((e) => !e.isType && !e.isUsedInside && !e.users.some(inProduct));
    expect(listed(tested.filter(({ path }) => !ROOTS.includes(path)))).toEqual([]);
  });

  it('includes no type that nothing mentions', () => {
    const unused = exported.filter((e) => e.isType && !e.isUsedInside && e.users.length === 0);
    expect(listed(unused)).toEqual([]);
  });

  it('includes no method or getter that nothing names', () => {
    const words = new Map<string, number>();
    for (const path of projectFiles().filter((each) => each.endsWith('.ts')))
      for (const word of withoutComments(readProjectFile(path)).match(/[A-Za-z_$][\w$]*/g) ?? [])
        words.set(word, (words.get(word) ?? 0) + 1);
    const members = sources.flatMap((path) =>
      [...classBodies(withoutComments(readProjectFile(path))).matchAll(MEMBER)].map(([, name]) => ({
        path,
        name: name!,
      })),
    );
    expect(members.length).toBeGreaterThan(500);
    const unused = members.filter(({ name }) => words.get(name) === 1);
    expect(unused.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });
});

/** A method, a getter or a setter of a class, as the formatter indents it; `#` names are the compiler's to find. */
const MEMBER = /^ {2}(?:static |async |get |set |\*)*([a-z]\w*)(?:<[^>]*>)?\(/gm;

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}

function classBodies(text: string): string {
  return [...text.matchAll(/^(?:export )?(?:abstract )?class [\s\S]*?^\}/gm)]
    .map(([body]) => body)
    .join('\n');
}
