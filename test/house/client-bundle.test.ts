import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { ROOT } from './files.ts';

// What a service that reads profiles bundles of freshet-sql/client: nothing of the engine, no more than it uses, and
// few bytes. Our dependencies stay outside; src/ is bundled as the compiled package would be.

const ENTRY = `${ROOT}src/client/index.ts`;
/** The rooms that the client may consist of. */
const ALLOWED = /^src\/(?:client|dynamodb|values)\/|^src\/platform\/clock\.ts$/;

interface Bundle {
  readonly gzip_bytes: number;
  /** Files of src/ with code in the bundle. */
  readonly files: readonly string[];
  /** Packages and modules of Node that it imports. */
  readonly imports: readonly string[];
}

async function bundleOf(code: string): Promise<Bundle> {
  const build = await rolldown({
    input: 'entry',
    platform: 'node',
    external: /^(?:node:|undici$|@aws-sdk\/|@smithy\/)/,
    // As "sideEffects" in package.json has it.
    treeshake: { moduleSideEffects: false },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? '\0entry' : id === 'freshet-sql/client' ? ENTRY : null),
        load: (id) => (id === '\0entry' ? code : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  const chunks = output.filter((each) => each.type === 'chunk');
  const modules = chunks.flatMap((chunk) =>
    Object.entries(chunk.modules).filter(([, { renderedLength }]) => renderedLength > 0),
  );
  return {
    gzip_bytes: gzipSync(chunks.map((chunk) => chunk.code).join('\n')).length,
    files: modules.map(([id]) => id.slice(ROOT.length)).filter((id) => id.startsWith('src/')),
    imports: [...new Set(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]))].toSorted(),
  };
}

const used = (...names: readonly string[]): string =>
  `import { ${names.join(', ')} } from 'freshet-sql/client'; console.log(${names.join(', ')});`;

describe('freshet-sql/client in a bundle', () => {
  it.each([
    ['over the AWS SDK', ['createProfileClient', 'sdkTransport'], 11.5, []],
    [
      'over its own transport',
      ['createProfileClient', 'signedTransport'],
      14.5,
      ['@aws-sdk/credential-provider-node', '@smithy/core/config', 'node:crypto', 'node:zlib', 'undici'],
    ],
    [
      'over the AWS SDK, with every layout',
      ['createProfileClient', 'sdkTransport', 'packedReader', 'dailyWindowsReader'],
      16,
      [],
    ],
    ['of one function', ['sdkTransport'], 1.5, []],
    ['of an error alone', ['ProfileReadError'], 0.3, []],
  ])(
    '%s has few bytes, only the rooms of a reader, and no more dependencies',
    async (_, names, most_kb, imports) => {
      const bundle = await bundleOf(used(...names));
      expect(bundle.files.filter((file) => !ALLOWED.test(file))).toEqual([]);
      expect(bundle.imports).toEqual(imports);
      expect(bundle.gzip_bytes / 1024).toBeLessThan(most_kb);
    },
  );

  it('has the code that adds up windows only if a layout needs it', async () => {
    const isOfWindows = (file: string): boolean => file.startsWith('src/client/windows/');
    const without = await bundleOf(used('createProfileClient', 'sdkTransport', 'signedTransport'));
    expect(without.files.filter(isOfWindows)).toEqual([]);
    const packed = await bundleOf(used('createProfileClient', 'sdkTransport', 'packedReader'));
    expect(packed.files.filter(isOfWindows).length).toBeGreaterThan(1);
  });
});
