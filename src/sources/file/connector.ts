import type { SourceConnector } from '../connector.ts';
import { posixFsSource } from './open.ts';
import { POSIX_FS } from './options.ts';

export const POSIX_FS_SOURCE: SourceConnector = {
  spec: POSIX_FS,
  includes: ['file', 'offset', 'payload'],
  check: (source) => void posixFsSource(source, '.', () => {}),
  reader: async (source, { baseDir, report }) => posixFsSource(source, baseDir, report),
};
