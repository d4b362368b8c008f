import { relative } from 'node:path';
import type { RecoveryReport } from '../../runtime/status.ts';
import { isDynamoDb } from '../../sinks/dynamodb/destination.ts';
import type { ServedPipeline } from '../served-pipeline.ts';

/** Maximum number of ingest URLs in the banner; a user's pipeline may have many sources. */
const MAX_SHOWN_SOURCES = 4;

export interface BannerOptions {
  readonly dir: string;
  readonly cwd: string;
  readonly stateDir: string;
  readonly served: ServedPipeline;
  readonly isSimulated: boolean;
}

/** Returns the banner of `dev`: where the page, the API, DynamoDB and the state are, if the pipeline has them. */
export function devBanner({ dir, cwd, stateDir, served, isSimulated }: BannerOptions): string {
  const { opened, url } = served;
  const endpoints = [
    ...new Set(
      opened.destinations
        .filter(isDynamoDb)
        .map(({ address, isEmbedded }) => `${address}${isEmbedded ? ' (embedded)' : ''}`),
    ),
  ];
  const sources = opened.ingest.sources.slice(0, isSimulated ? 1 : MAX_SHOWN_SOURCES);
  const lines = [
    `freshet dev ${dir}`,
    '',
    `  page       ${url}/`,
    ...profileLines(served),
    ...sources.map(
      (source, i) => `  ${i === 0 ? 'ingest  ' : '        '}   POST ${url}/v1/sources/${source}/events`,
    ),
    ...(endpoints.length === 0 ? [] : [`  dynamodb   ${endpoints.join(', ')}`]),
    `  state      ${relative(cwd, stateDir) || '.'} (${stateNote(opened.runner.status().recovery)})`,
    '',
    isSimulated ? '  Simulated viewers are watching. Ctrl-C stops.' : '  Ctrl-C stops.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** Says where the state came from. */
function stateNote(recovery: RecoveryReport | undefined): string {
  switch (recovery?.kind) {
    case 'restored':
      return 'continued';
    case 'rebuilt':
      return `${recovery.reason}: recomputing all views`;
    default:
      return 'new';
  }
}

/** Lines with URLs of a viewer's profile; with the key column in braces while no viewer is known. */
function profileLines({ url, profiles, recommends, exampleViewer }: ServedPipeline): readonly string[] {
  if (profiles === undefined) return [];
  const viewer = `${url}/v1/viewers/${exampleKey(exampleViewer()) ?? `{${profiles.partitionKey.name}}`}`;
  return [
    `  profile    curl ${viewer}/profile`,
    ...(recommends ? [`  recommend  curl ${viewer}/recommendations`] : []),
  ];
}

/** Encodes a key for a URL inside a shell command. */
function exampleKey(key: string | undefined): string | undefined {
  return key === undefined ? undefined : encodeURIComponent(key).replaceAll("'", '%27');
}

/** Returns a function that returns the URL of the first profile once, if the banner could not name a viewer. */
export function firstProfileLine({ url, profiles, exampleViewer }: ServedPipeline): () => readonly string[] {
  let printed = profiles === undefined || exampleViewer() !== undefined;
  return () => {
    const key = printed ? undefined : exampleKey(exampleViewer());
    if (key === undefined) return [];
    printed = true;
    return [`the first profile: curl ${url}/v1/viewers/${key}/profile`];
  };
}
