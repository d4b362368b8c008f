import { ProfileReadError } from '../read-error.ts';
import type { DomainSchema, ProfileKeySchema, ProfileLayoutName } from '../schema.ts';
import { dailyReader } from './daily.ts';
import { domainReader } from './domain.ts';
import type { DomainReader, LayoutReader } from './layout.ts';
import { metricReader } from './metric.ts';
import { wideReader } from './wide.ts';

/** Readers of layouts that a caller adds, so that nobody else loads the code that adds up windows. */
export interface MoreLayouts {
  /** `packedReader`, for layout `packed`. */
  readonly packed?: LayoutReader | undefined;
  /** `dailyWindowsReader`, for layout `daily` of a rolling view. */
  readonly dailyWindows?: LayoutReader | undefined;
}

/** Returns the reader of a domain. Throws ProfileReadError `wrong_layout` for a layout that nobody has added. */
export function readerOf(
  name: string,
  domain: DomainSchema,
  key: ProfileKeySchema,
  more: MoreLayouts = {},
): DomainReader {
  const { layout, windows } = domain;
  const readers: Readonly<Record<ProfileLayoutName, LayoutReader | undefined>> = {
    domain: domainReader,
    wide: wideReader,
    metric: metricReader,
    daily: windows === undefined ? dailyReader : more.dailyWindows,
    packed: more.packed,
  };
  const reader = Object.hasOwn(readers, layout) ? readers[layout] : undefined;
  if (reader !== undefined) return reader(name, domain, key);
  throw new ProfileReadError(
    'wrong_layout',
    `domain ${name} has the layout ${layout}, and the client has no reader for it`,
    {
      hint:
        'generate the schema again with `freshet types --client`; if you call createProfileClient yourself, hand it ' +
        '{ packed: packedReader, dailyWindows: dailyWindowsReader }',
    },
  );
}
