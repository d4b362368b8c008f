import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFiles, readProjectFile } from './files.ts';

// The layers of src/. A room (a folder of src/) imports from rooms in earlier rows only. oxlint enforces this in the
// editor; this test also finds import cycles and checks that oxlint's rules are complete.
const LAYERS: readonly (readonly string[])[] = [
  ['values'],
  ['functions'],
  ['plan'],
  ['connectors'],
  ['sql', 'engine'],
  ['platform'],
  ['storage'],
  ['dynamodb'],
  ['client', 'embedded-dynamodb'],
  ['sources', 'sinks'],
  ['pipeline'],
  ['runtime', 'deploy'],
  ['serving', 'layouts'],
  ['testing'],
  ['cli'],
];

const PURE_ROOMS = ['values', 'functions', 'plan', 'connectors', 'sql', 'engine'];

const sources = projectFiles().filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

function roomOf(path: string): string {
  return path.split('/')[1]!;
}

interface Import {
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Returns the relative imports of a file, static and dynamic, as paths from the root. */
function importsOf(path: string): readonly Import[] {
  const text = readProjectFile(path).replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s)?[^'";]*?(?:from\s+)?'(\.[^']+)'/gm;
  for (const match of text.matchAll(statement)) {
    found.push({ to: posix.join(posix.dirname(path), match[2]!), typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/\bimport\(\s*'(\.[^']+)'/g)) {
    found.push({ to: posix.join(posix.dirname(path), match[1]!), typeOnly: false });
  }
  return found;
}

const imports = new Map(sources.map((path) => [path, importsOf(path)]));

describe('src/', () => {
  it('has only rooms that the layer order lists, and no files beside them', () => {
    const rooms = new Set(sources.filter((path) => path.split('/').length > 2).map(roomOf));
    expect([...rooms].filter((room) => !LAYERS.flat().includes(room))).toEqual([]);
    expect(sources.filter((path) => path.split('/').length === 2)).toEqual([]);
  });

  it('never imports against the layer order', () => {
    const level = new Map(LAYERS.flatMap((rooms, i) => rooms.map((room) => [room, i] as const)));
    const wrong = [...imports].flatMap(([from, all]) =>
      all
        .filter(({ to }) => {
          const [a, b] = [roomOf(from), roomOf(to)];
          return a !== b && level.get(b)! >= level.get(a)!;
        })
        .map(({ to }) => `${from} imports ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps the client free of the engine and the SQL, in types too', () => {
    const allowed = /^src\/(?:client|values|dynamodb)\/|^src\/platform\/clock\.ts$/;
    const wrong = [...imports].flatMap(([from, all]) =>
      all
        .filter(({ to }) => roomOf(from) === 'client' && !allowed.test(to))
        .map(({ to }) => `${from} imports ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no import cycles', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      state.set(path, 'open');
      for (const { to, typeOnly } of imports.get(path) ?? []) if (!typeOnly) visit(to, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('has the same order in the rules of oxlint', () => {
    const config = JSON.parse(readProjectFile('.oxlintrc.json')) as {
      overrides: { files: string[]; rules: Record<string, unknown> }[];
    };
    LAYERS.forEach((rooms, i) => {
      for (const room of rooms) {
        const forbidden = [...rooms.filter((other) => other !== room), ...LAYERS.slice(i + 1).flat()];
        if (forbidden.length === 0) continue;
        const override = config.overrides.find((each) => each.files.includes(`src/${room}/**`));
        const rule = override?.rules['no-restricted-imports'] as [string, { patterns: { regex: string }[] }];
        const regex = new RegExp(rule[1].patterns[0]!.regex);
        for (const other of LAYERS.flat()) {
          expect([room, other, regex.test(`../${other}/x.ts`)]).toEqual([
            room,
            other,
            forbidden.includes(other),
          ]);
        }
      }
    });
    const pure = config.overrides.find((each) => 'no-restricted-properties' in each.rules);
    expect(pure?.files).toEqual(PURE_ROOMS.map((room) => `src/${room}/**`));
  });
});
