import { expect, it } from 'vitest';
import { projectFiles, readProjectFile } from './files.ts';

it('ARCHITECTURE.md names only files and folders that exist', () => {
  const files = projectFiles();
  const named = [
    ...readProjectFile('ARCHITECTURE.md').matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts|(?:[\w-]+\/)+)`/g),
  ];
  const missing = named
    .map(([, path]) => path!)
    .filter((path) =>
      path.endsWith('/')
        ? !files.some((file) => `/${file}`.includes(`/${path}`))
        : !files.some((file) => `/${file}`.endsWith(`/${path}`)),
    );
  expect(named.length).toBeGreaterThan(50);
  expect(missing).toEqual([]);
});
