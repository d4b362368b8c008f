import { ProfileReadError } from '../read-error.ts';
import type { DomainSchema, ProfileKeySchema, ProfileLayoutName } from '../schema.ts';
import { dailyReader } from './daily.ts';
import { domainReader } from './domain.ts';
import type { DomainReader, LayoutReader } from './layout.ts';
import { metricReader } from './metric.ts';
import { wideReader } from './wide.ts';

/** Readers of layouts that a caller adds, so that nobody else loads their code. */
export type MoreLayouts = Readonly<Partial<Record<ProfileLayoutName, LayoutReader>>>;

const READERS: MoreLayouts = {
  domain: domainReader,
  wide: wideReader,
  metric: metricReader,
  daily: dailyReader,
};

/** Returns the reader of a domain. Throws ProfileReadError `wrong_layout` for a layout that nobody has added. */
export function readerOf(
  name: string,
  domain: DomainSchema,
  key: ProfileKeySchema,
  more: MoreLayouts = {},
): DomainReader {
  const { layout } = domain;
  const reader = more[layout] ?? READERS[layout];
  if (reader !== undefined) return reader(name, domain, key);
  throw new ProfileReadError(
    'wrong_layout',
    `domain ${name} has the layout ${layout}, and the client has no reader for it`,
    {
      hint:
        layout === 'packed'
          ? 'hand { packed: packedReader } to createProfileClient, as the module of `freshet types --client` does'
          : 'use a newer version of freshet-sql, or generate the schema again',
    },
  );
}
