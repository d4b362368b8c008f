import { minVersion, satisfies } from 'semver';
import { describe, expect, it } from 'vitest';
import { projectFiles, readProjectFile } from './files.ts';

interface Manifest {
  readonly name: string;
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
interface Locked {
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

const manifest = JSON.parse(readProjectFile('package.json')) as Manifest;
const { packages } = JSON.parse(readProjectFile('package-lock.json')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const documents = projectFiles().filter((path) => path.endsWith('.md'));

describe('the package', () => {
  it('has no dependency that npm ci would warn about, on the oldest Node that it names and on later ones', () => {
    const versions = [minVersion(manifest.engines.node)!.version, '22.12.0', '24.0.0', '26.0.0'];
    const wrong = Object.entries(packages).flatMap(([path, { engines, hasInstallScript, optional }]) => {
      const range = engines?.node;
      const unfit = versions.filter((version) => range !== undefined && !satisfies(version, range));
      return [
        ...(optional === true ? [] : unfit.map((version) => `${path} does not want Node ${version}`)),
        ...(hasInstallScript === true ? [`${path} has an install script`] : []),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('pins exact versions of its dependencies', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('has its own name in the imports that documents show', () => {
    const imports = documents.flatMap((path) =>
      [...readProjectFile(path).matchAll(/from '(freshet[^'/]*)\//g)].map(([, name]) => `${path}: ${name}`),
    );
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((each) => !each.endsWith(`: ${manifest.name}`))).toEqual([]);
  });

  it('is never fetched by a command in a document, since another package has its name on the registry', () => {
    const command = new RegExp(`\\bnpx +(?!--no-install )(?:-\\S+ +)*${Object.keys(manifest.bin)[0]}\\b`);
    const lines = documents.flatMap((path) =>
      readProjectFile(path)
        .split('\n')
        .filter((line) => command.test(line))
        .map((line) => `${path}: ${line}`),
    );
    expect(lines).toEqual([]);
  });
});
