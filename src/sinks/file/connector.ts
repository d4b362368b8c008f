import { isAbsolute, join, resolve } from 'node:path';
import { givenOption, readSettings } from '../../connectors/settings.ts';
import type { SinkConnector } from '../connector.ts';
import { SinkError } from '../sink.ts';
import { POSIX_FS } from './options.ts';

export const POSIX_FS_SINK: SinkConnector = {
  spec: POSIX_FS,
  target(options) {
    const root = givenOption(POSIX_FS.options.root, options)?.value ?? '';
    return { id: isAbsolute(root) ? resolve(root) : join('./', root, '/'), label: `folder "${root}"` };
  },
  check(def, { onlyAppends }) {
    const { forceAppendOnly } = readSettings(POSIX_FS, def.options);
    if (!onlyAppends && !forceAppendOnly) {
      throw new SinkError(
        def.name,
        `rows of "${def.from}" are updated or deleted, but files are append-only`,
        {
          hint:
            'use a view without aggregates, top-n, outer joins and now(), or set ' +
            "force_append_only = 'true' to write every version of a row and ignore deletions",
        },
      );
    }
    return undefined;
  },
  async factory({ baseDir, disk }) {
    const { FileSink } = await import('./sink.ts');
    return {
      create: async (def, { columns }) => {
        const folder = resolve(baseDir, readSettings(POSIX_FS, def.options).root);
        const { name, from: view } = def;
        const sink = new FileSink({ name, view, columns, folder, disk });
        const destination = { sink: name, connector: def.connector, address: folder, isEmbedded: false };
        return { sink, destination };
      },
      close: () => Promise.resolve(),
    };
  },
};
