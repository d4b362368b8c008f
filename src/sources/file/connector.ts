import { POSIX_FS } from '../../sql/options/posix-fs.ts';
import type { SourceConnector } from '../connector.ts';
import { posixFsSource } from './open.ts';

export const posixFsConnector: SourceConnector = {
  spec: POSIX_FS,
  check: (source) => void posixFsSource(source, '.', () => {}),
  reader: async (source, { baseDir, report }) => posixFsSource(source, baseDir, report),
};
